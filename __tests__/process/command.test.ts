import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../src/errors.js';
import { type CommandOptions, runCommand } from '../../src/process/command.js';
import { endProcess, identify, isRunning } from '../../src/process/identity.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const options: CommandOptions = {
  signal: new AbortController().signal,
  deadline: 10_000,
  environment: { PATH: process.env.PATH ?? '', ONLY: 'this' },
};

describe('runCommand', () => {
  test('keeps output and exit code, and gives the environment and no other', async () => {
    const { stdout, stderr, exitCode } = await runCommand(
      ['sh', '-c', 'echo "$ONLY$HOME"; cat; echo oops >&2; exit 3'],
      { ...options, input: 'typed' },
    );
    expect([stdout.toString(), stderr, exitCode]).toEqual(['this\ntyped', 'oops\n', 3]);
  });

  test('says a signal as a shell does', async () => {
    expect((await runCommand(['sh', '-c', 'kill -TERM $$'], options)).exitCode).toBe(143);
  });

  test('what cannot be started is a fault that names it', async () => {
    await expect(runCommand(['no-such-program'], options)).rejects.toThrow('could not start no-such-program');
  });

  test('a deadline ends the command and what it started', async () => {
    const started = Date.now();
    await expect(runCommand(['sh', '-c', 'sleep 60 & wait'], { ...options, deadline: 100 })).rejects.toThrow(
      Fault,
    );
    expect(Date.now() - started).toBeLessThan(5000);
  });

  test('an abort ends it with the reason of the abort', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('not wanted any more')), 50);
    await expect(runCommand(['sleep', '60'], { ...options, signal: abort.signal })).rejects.toThrow(
      'not wanted any more',
    );
  });

  test('what ignores SIGTERM is killed', async () => {
    const started = Date.now();
    const stubborn = ['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'];
    await expect(runCommand(stubborn, { ...options, deadline: 100 })).rejects.toThrow('did not end within');
    expect(Date.now() - started).toBeLessThan(8000);
  });
});

describe('identities of processes', () => {
  test('tell a process from a later one with its pid', () => {
    const self = identify(process.pid);
    if (self === undefined) throw new Error('no /proc');
    expect(isRunning(self)).toBe(true);
    expect(isRunning({ ...self, startTime: '1' })).toBe(false);
    expect(isRunning({ ...self, boot: 'another' })).toBe(false);
  });

  test('one that ended is none, even while nobody has asked for its exit code', async () => {
    const child = spawn('true');
    const { pid = 0 } = child;
    await once(child, 'close');
    expect(identify(pid)).toBeUndefined();
  });

  test('endProcess goes from asking to forcing', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.05; done']);
    await once(child.stdout, 'data');
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('did not start');
    await endProcess(identity, 100);
    expect(isRunning(identity)).toBe(false);
  });

  test('endProcess leaves a stranger alone', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid ?? 0);
    if (identity === undefined) throw new Error('did not start');
    await endProcess({ ...identity, startTime: '1' }, 100);
    expect(isRunning(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'close');
  });
});
