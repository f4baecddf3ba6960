import { describe, expect, test } from '@jest/globals';
import { completeResult } from '../../../src/run/execute/complete-result.js';
import { whatIsUnsaid } from '../../../src/run/look-up/unsaid.js';
import { ActionResult } from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { EMPTY_DIGEST } from '../../../src/reapi/digest.js';

const whole = completeResult({
  actionDigest: EMPTY_DIGEST,
  result: ActionResult.create(),
  stdoutDigest: EMPTY_DIGEST,
  stderrDigest: EMPTY_DIGEST,
  builder: 'me@here',
  started: new Date(1000),
  ended: new Date(2000),
});
const { executionMetadata } = whole;

describe('an entry', () => {
  test.each(['local', 'cache', 'remote'] as const)('that we wrote says all, wherever it is: %s', (source) => {
    expect(whatIsUnsaid(ActionResult.decode(ActionResult.encode(whole).finish()), source)).toBeUndefined();
  });

  test.each(['local', 'cache', 'remote'] as const)(
    'of no bytes says nothing, wherever it is: %s',
    (source) => {
      expect(whatIsUnsaid(ActionResult.decode(new Uint8Array()), source)).toBe('when it was built');
    },
  );

  test.each<[Partial<ActionResult>, string]>([
    [{ stdoutDigest: undefined }, 'what was printed'],
    [{ stderrDigest: undefined }, 'what was printed'],
    [{ executionMetadata: executionMetadata && { ...executionMetadata, worker: '' } }, 'who built it'],
  ])('that a server made may do without: %#', (change, unsaid) => {
    expect(whatIsUnsaid({ ...whole, ...change }, 'remote')).toBeUndefined();
    for (const source of ['local', 'cache'] as const) {
      expect(whatIsUnsaid({ ...whole, ...change }, source)).toBe(unsaid);
    }
  });
});
