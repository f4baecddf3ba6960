import { describe, expect, test } from '@jest/globals';
import { Cancelled, Fault, InputError } from '../../src/errors.js';
import { explainError } from '../../src/report/explain-error.js';

test("a user's mistake is one line", () => {
  expect(explainError(new InputError('timeout', '5 parsecs', 'Write a duration: 30s, 5m, 1h.'))).toEqual({
    kind: 'mistake',
    title: 'timeout: "5 parsecs" is not usable. Write a duration: 30s, 5m, 1h.',
    lines: [],
    exitCode: 2,
  });
});

describe('a fault', () => {
  test('has its cause, its remedy and the end of its log', () => {
    const log = Array.from({ length: 50 }, (_, index) => `line ${index + 1}`).join('\n');
    const cause = new Error('connect ENOENT /tmp/casd.sock\nat somewhere', {
      cause: new Error('no such file'),
    });
    const { title, lines, exitCode } = explainError(
      new Fault('casd did not start', {
        remedy: 'Free some space. Or lower the quota.',
        cause,
        log: `${log}\n`,
      }),
    );
    expect({ title, exitCode }).toEqual({ title: 'casd did not start', exitCode: 125 });
    expect(lines.slice(0, 5)).toEqual([
      'Cause: connect ENOENT /tmp/casd.sock',
      'Cause: no such file',
      'Free some space. Or lower the quota.',
      'The last 40 lines of its log:',
      '  line 11',
    ]);
    expect(lines.at(-1)).toBe('  line 50');
  });

  test('begins no line with what a name holds, and shows no login of an address', () => {
    const fault = new Fault('a\n::error::b is bad', {
      remedy: "Remove 'a\n::error::b\x1b[2J'.",
      cause: new Error('fetch https://me:ses@me@host/x failed'),
      log: 'fatal: https://me:sesame@host\n',
    });
    expect(explainError(fault)).toMatchObject({
      title: 'a\\n::error::b is bad',
      lines: [
        'Cause: fetch https://…@host/x failed',
        "Remove 'a\\n::error::b\\x1b[2J'.",
        'Its log:',
        '  fatal: https://…@host',
      ],
    });
  });

  test('says nothing twice', () => {
    const cause = new Error('disk is full');
    expect(explainError(new Fault('could not write: disk is full', { cause })).lines).toEqual([]);
  });
});

describe('a cancel', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s ends with %d, however it is wrapped', (signal, exitCode) => {
    const wrapped = new Fault('the call failed', {
      cause: new Error('aborted', { cause: new Cancelled(signal) }),
    });
    expect(explainError(wrapped)).toEqual({
      kind: 'cancelled',
      title: `The run was cancelled (${signal}).`,
      lines: [],
      exitCode,
    });
  });
});

describe('a bug', () => {
  test('shows its stack and asks for a report', () => {
    const { title, lines, exitCode } = explainError(new TypeError('x is not a function'));
    expect({ title, exitCode }).toEqual({
      title: 'This is a bug in buildbox-action: x is not a function',
      exitCode: 125,
    });
    expect(lines[0]).toBe('Please report it, with the lines below and what you ran.');
    expect(lines[2]).toMatch(/^ {4,}at .*explain-error\.test/);
  });

  test('may be thrown as anything', () => {
    expect(explainError('pfff')).toMatchObject({ title: 'This is a bug in buildbox-action: pfff' });
    expect(explainError(undefined).title).toBe('This is a bug in buildbox-action: undefined');
  });
});

test('what it shows moves no cursor and begins no line', () => {
  const { title, lines } = explainError(new Fault('no \u001b[2J', { log: 'a\u0007\r\nb\rc' }));
  expect([title, ...lines]).toEqual(['no \\x1b[2J', 'Its log:', '  a\\x07', '  b\\rc']);
});
