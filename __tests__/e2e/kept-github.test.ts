import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CacheService, type CacheScopes, startCacheService } from '../cache/cache-service.js';
import { type JobOptions, type JobResult, type Runner, startRunner } from './runner.js';

let service: CacheService;
let workspace: string;
const runners: Runner[] = [];

beforeEach(async () => {
  service = await startCacheService();
  workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  writeFileSync(join(workspace, 'greeting'), 'hello\n');
});

afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.dispose();
  await service.close();
  rmSync(workspace, { recursive: true, force: true });
});

const BUILD = { run: 'cat greeting; mkdir out; cp greeting out/', outputs: 'out' };

/** A job on a machine of its own, as GitHub's hosted runners give it. */
async function onFreshMachine(
  inputs: Readonly<Record<string, string>> = {},
  { scopes = { own: 'refs/heads/main' }, ...more }: Partial<JobOptions> & { scopes?: CacheScopes } = {},
): Promise<JobResult> {
  const runner = await startRunner();
  runners.push(runner);
  rmSync(join(workspace, 'out'), { recursive: true, force: true });
  return runner.runJob({
    action: resolve('.'),
    inputs: { ...BUILD, ...inputs },
    workspace,
    ...more,
    environment: {
      RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '',
      GITHUB_REF: scopes.own,
      ACTIONS_CACHE_MODE: undefined,
      ...service.environment(scopes),
      ...more.environment,
    },
  });
}

describe('without any server of our own', () => {
  test('the second run of an unchanged build is a hit on a fresh machine that has no BuildBox', async () => {
    const built = await onFreshMachine();
    expect(built.outputs).toMatchObject({ result: 'built' });
    expect(built.post?.log).toMatch(/saved 1 result and \d+ new blobs/);

    const hit = await onFreshMachine({}, { environment: { RUNNER_TOOL_CACHE: undefined } });
    expect(hit.outputs).toMatchObject({ result: 'hit', 'cache-hit': 'true', 'casd-socket': '' });
    expect(hit.log).toContain('hello');
    expect(readFileSync(join(workspace, 'out/greeting'), 'utf8')).toBe('hello\n');
    expect(hit.leftovers).toEqual([]);
  });

  test('a hit saves nothing', async () => {
    await onFreshMachine();
    const before = service.counts();
    const hit = await onFreshMachine();
    expect(hit.post?.log).not.toContain('saved');
    expect(service.counts().bytesUp).toBe(before.bytesUp);
  });
});
