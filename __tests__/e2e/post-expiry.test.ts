import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type JobResult, type Runner, startRunner } from './runner.js';

const DAY = 86_400_000;

let runner: Runner;
let workspace: string;
let folder: string;

beforeAll(async () => {
  runner = await startRunner();
  workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  folder = join(runner.home, 'cache');
});

afterAll(async () => {
  await runner.dispose();
  rmSync(workspace, { recursive: true, force: true });
});

const build = (run: string): Promise<JobResult> =>
  runner.runJob({
    action: resolve('.'),
    inputs: { run, 'cache-dir': folder },
    workspace,
    environment: { RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '' },
  });

function age(path: string, days: number): void {
  const time = new Date(Date.now() - days * DAY);
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) age(join(path, name), days);
  utimesSync(path, time, time);
}

test('a machine that stays forgets in post what nobody used, once a day, and keeps what is new', async () => {
  const first = await build('echo old');
  expect(first.post?.log).not.toContain('freed');

  age(join(folder, 'casd'), 20);
  expect((await build('echo new')).post?.log).not.toContain('freed');

  age(join(folder, 'run/expired'), 2);
  const third = await build('echo newer');
  expect(third.post).toMatchObject({ exitCode: 0 });
  expect(third.post?.log).toMatch(/freed \d.*\n.*went .*1 result/);

  expect((await build('echo new')).outputs.result).toBe('hit');
  expect((await build('echo newer')).outputs.result).toBe('hit');
  expect((await build('echo old')).outputs.result).toBe('built');
});
