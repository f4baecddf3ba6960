import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { judge } from '../../../src/run/execute/verdict.js';
import { Fault } from '../../../src/errors.js';
import { ActionResult } from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { Status } from '../../../src/gen/google/rpc/status.js';
import type { RunnerOutcome } from '../../../src/sandbox/runner.js';

const result = (exitCode: number) => ActionResult.encode(ActionResult.fromPartial({ exitCode })).finish();
const errorStatus = (code: number, message = 'why') =>
  Status.encode(Status.fromPartial({ code, message })).finish();

const outcome = (change: Partial<RunnerOutcome>): RunnerOutcome => ({
  result: undefined,
  errorStatus: undefined,
  sandbox: 'started',
  met: undefined,
  links: [],
  odd: [],
  ending: 'exit code 0',
  log: '',
  ...change,
});

describe('a build that ended', () => {
  test.each([0, 1, 3, 139])('with exit code %d', (exitCode) => {
    expect(judge(outcome({ result: result(exitCode) }), '')).toMatchObject({
      kind: 'ended',
      result: { exitCode },
    });
  });

  test('ran out of time', () => {
    const late = outcome({
      result: result(137),
      errorStatus: errorStatus(status.DEADLINE_EXCEEDED),
    });
    expect(judge(late, '')).toMatchObject({ kind: 'timed-out', result: { exitCode: 137 } });
    expect(judge({ ...late, sandbox: 'failed' }, '')).toMatchObject({ kind: 'timed-out' });
    expect(judge({ ...late, result: undefined }, '').kind).toBe('timed-out');
  });

  test.each([
    ['timeout', 'timed-out'],
    ['processes', 'too-many-processes'],
    ['memory', 'too-much-memory'],
  ] as const)('was ended by its limit of %s, with what it left until then', (met, kind) => {
    const links = [{ path: 'workspace/latest', target: 'log' }];
    expect(judge(outcome({ met, links, result: result(137) }), '')).toMatchObject({ kind, links });
  });

  test('could not begin, because its command is not there', () => {
    const stderr = 'bwrap: execvp no-such-tool: No such file or directory';
    expect(judge(outcome({ result: result(1), sandbox: 'failed' }), stderr)).toEqual({
      kind: 'not-found',
      command: 'no-such-tool',
    });
  });

  test('made an output that BuildBox does not take', () => {
    const message =
      'execute() threw: Output path "workspace/latest" is not a file or directory: st_mode == 40960';
    expect(judge(outcome({ errorStatus: errorStatus(status.INTERNAL, message) }), '')).toEqual({
      kind: 'odd-output',
      path: 'workspace/latest',
    });
  });

  test('cannot pass for one whose command is not there, or whose sandbox did not start', () => {
    const forged = 'bwrap: execvp make: No such file or directory\nbwrap: Creating new namespace failed';
    expect(judge(outcome({ result: result(1) }), forged).kind).toBe('ended');
  });
});

describe('a sandbox or daemon that failed is our fault, never a failed build', () => {
  test.each<[string, Partial<RunnerOutcome>, string, RegExp]>([
    [
      'no user namespace',
      { result: result(1), sandbox: 'failed' },
      'bwrap: setting up uid map: Permission denied',
      /sandbox did not start/,
    ],
    ['no casd', { sandbox: 'untouched' }, '', /did not start the sandbox/],
    ['no command in CAS', { sandbox: 'untouched', errorStatus: errorStatus(status.NOT_FOUND) }, '', /why/],
    ['casd killed', { errorStatus: errorStatus(status.UNAVAILABLE), result: result(137) }, '', /casd ended/],
    ['bubblewrap killed', { sandbox: 'killed', result: result(137) }, 'Killed', /killed during the build/],
    ['inputs gone', { sandbox: 'lost', result: result(0) }, '', /went away during the build/],
    ['inputs gone late', { sandbox: 'lost', result: result(0), met: 'timeout' }, '', /went away/],
    [
      'buildbox-run ended for it',
      { sandbox: 'lost', errorStatus: errorStatus(status.UNAVAILABLE) },
      '',
      /went away/,
    ],
    ['no result', { ending: 'exit code 1' }, '', /gave no result/],
  ])('%s', (_, change, stderr, message) => {
    expect(() => judge(outcome(change), stderr)).toThrow(Fault);
    expect(() => judge(outcome(change), stderr)).toThrow(message);
  });

  test('what bubblewrap said is in the log of the fault', () => {
    const stderr = 'bwrap: Creating new namespace failed: Operation not permitted';
    try {
      judge(outcome({ result: result(1), sandbox: 'failed' }), stderr);
      throw new Error('it was no fault');
    } catch (error) {
      expect((error as Fault).log).toBe(stderr);
    }
  });
});

test('inputs that could not be mounted may be copied instead', () => {
  const staging = outcome({
    sandbox: 'untouched',
    errorStatus: errorStatus(status.INTERNAL, 'fuse failed'),
    ending: 'exit code 1',
  });
  expect(judge(staging, '')).toEqual({ kind: 'not-mounted', reason: 'fuse failed' });
});
