import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRunner, type Job, type Runner } from '../e2e/runner.js';

const fixture = (name: string) => resolve('__tests__/e2e/fixtures', name);

let runner: Runner;
let workspace: string;

beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'workspace-'));
  runner = await startRunner({ patience: { interrupt: 300, terminate: 300, streams: 300 } });
});

afterAll(async () => {
  await runner.dispose();
  await rm(workspace, { recursive: true });
});

describe('a step', () => {
  test('gets its inputs and files, and its log is read as the runner reads it', async () => {
    const result = await runner.runJob({
      action: fixture('outcomes'),
      workspace,
      inputs: { 'dash-ed': 'x y' },
    });
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toEqual({ plain: 'a<<b', seen: '0|x y|true\nsecond = line' });
    expect(result.state).toEqual({ token: '{"version":1}' });
    expect(result.summary).toBe('# done\n');
    expect(result.annotations).toEqual([
      { level: 'warning', message: 'care%ful', title: 'a,b', file: 'x.c' },
      { level: 'error', message: 'is one', title: undefined, file: undefined },
    ]);
    expect(result.groups).toEqual([
      { title: 'Building\nall', lines: ['::error::not one', '##[error]nor this'] },
    ]);
    expect(result.main.lines.slice(-2)).toEqual(['::unknown::stays', 'last']);
    expect(result.post?.log).toBe('{"version":1}|yes|true\n');
    expect(result.leftovers).toEqual([]);
  });

  test('that fails has its post all the same', async () => {
    const inputs = { 'exit code': '3', 'dash-ed': '' };
    const result = await runner.runJob({ action: fixture('outcomes'), workspace, inputs });
    expect([result.exitCode, result.outputs.seen, result.post?.exitCode]).toEqual([
      3,
      '3||true\nsecond = line',
      0,
    ]);
  });
});

describe('a cancel', () => {
  test.each([
    ['SIGINT', 7, 'ready\nSIGINT\n'],
    ['SIGTERM', 7, 'ready\nSIGINT\nSIGTERM\n'],
    ['nothing', 137, 'ready\nSIGINT\nSIGTERM\n'],
  ])('of what ends with %s', async (signal, exitCode, log) => {
    const job = await runner.startJob({
      action: fixture('stubborn'),
      workspace,
      inputs: { 'ends-with': signal },
    });
    await untilReady(job);
    await job.cancel();
    const result = await job.result;
    expect([result.exitCode, result.log]).toEqual([exitCode, log]);
  });
});

describe('what a job leaves behind', () => {
  test.each([
    ['false', false],
    ['true', true],
  ])('is told and killed, and whether it held the log: %s', async (holdsLog, heldStreams) => {
    const inputs = { 'holds-log': holdsLog };
    const result = await runner.runJob({ action: fixture('daemon'), workspace, inputs });
    expect(result.leftovers.map(({ command }) => command)).toEqual(['sleep 61']);
    expect(result.main.heldStreams).toBe(heldStreams);
    await sleep(50);
    expect(existsSync(`/proc/${result.leftovers[0]?.pid ?? 0}/exe`)).toBe(false);
  });
});

async function untilReady(job: Job): Promise<void> {
  for (let tries = 0; !job.log().includes('ready'); tries += 1) {
    if (tries > 200) throw new Error('the step did not start');
    await sleep(25);
  }
}
