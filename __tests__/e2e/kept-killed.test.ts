import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type CacheFault, type CacheMethod } from '../cache/cache-service.js';
import { KeptScene } from './kept-scene.js';

let scene: KeptScene;

beforeEach(async () => {
  scene = await KeptScene.open();
  await scene.job({ machine: 'own' });
});
afterEach(() => scene.close());

const HANG: CacheFault = { kind: 'hang' };
/** What does nothing to other calls than downloads: a way to count calls off. */
const WELL: CacheFault = { kind: 'no-length' };

/** The process of the post step that this test started, and what it started itself. */
function processes(what: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        return argv.includes(what) && environment.includes(scene.service.url);
      } catch {
        return false; // Another user's, or gone.
      }
    });
}

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not come true: ${holds.toString()}`);
    await new Promise((wake) => setTimeout(wake, 5));
  }
}

/** Ends the post step while it waits for an answer. */
async function endedWhile(method: CacheMethod, nth: number, signal: NodeJS.Signals) {
  scene.service.resetCounts();
  if (nth > 1) scene.service.fail(method, WELL, nth - 1);
  scene.service.fail(method, HANG);
  const job = scene.job({ machine: 'own' });
  await until(() => scene.service.counts().calls[method] === nth);
  const [post = 0] = processes('dist/post.js');
  process.kill(post, signal);
  const ended = await job;
  scene.service.heal();
  return ended;
}

const unfinished = () => scene.service.entries().filter(({ finished }) => !finished);

describe('a machine that dies in the middle of a save', () => {
  /** The first call is about the pack, the second about the index. */
  const moments = (['CreateCacheEntry', 'upload', 'FinalizeCacheEntryUpload'] as const).flatMap((method) =>
    [1, 2].map((nth) => [method, nth] as const),
  );

  test('leaves the last good state, whenever it dies, and makes up for it when it is there again', async () => {
    scene.write('in.txt', 'changed\n');
    // What is to be saved is noted first.
    scene.service.fail('CreateCacheEntry', { kind: 'status', status: 403 });
    await scene.job({ machine: 'own' });
    scene.service.heal();
    expect(scene.notes('own')).toHaveLength(1);
    const good = new Set(scene.service.entries().map(({ key }) => key));
    for (const [method, nth] of moments) {
      const { post } = await endedWhile(method, nth, 'SIGKILL');
      expect([method, nth, post?.exitCode]).toEqual([method, nth, 137]);
      await until(() => processes('github-cache.js').length === 0);
      expect(scene.notes('own')).toHaveLength(1);
      // On another machine, as it was before.
      scene.write('in.txt', 'hello\n');
      expect((await scene.job()).outputs.result).toBe('hit');
      scene.write('in.txt', 'changed\n');
      if (method !== 'FinalizeCacheEntryUpload' || nth === 1) {
        for (const { key } of scene.service.entries()) if (!good.has(key)) scene.service.evict(key);
      }
    }
    // The last is left as it is: nobody takes a reservation back.
    expect(unfinished()).toHaveLength(1);
    const again = await scene.job({ machine: 'own' });
    expect(again.post?.log).toMatch(/saved 1 result/);
    expect(scene.notes('own')).toEqual([]);
    expect((await scene.job()).outputs.result).toBe('hit');
    scene.write('in.txt', 'hello\n');
    expect((await scene.job()).outputs.result).toBe('hit');
  });

  test('before it has said what it built loses that, and nothing else', async () => {
    scene.write('in.txt', 'changed\n');
    const inputs = { run: 'cat in.txt; cp in.txt out; sleep 61.5' };
    const job = scene.job({ machine: 'own', inputs });
    await until(() => processes('dist/main.js').length > 0);
    await until(() => processes('sleep').length > 0 || isBuilding());
    for (const pid of processes('dist/main.js')) process.kill(pid, 'SIGKILL');
    const { post } = await job;
    expect([post?.exitCode, scene.notes('own')]).toEqual([0, []]);
    scene.write('in.txt', 'hello\n');
    expect((await scene.job()).outputs.result).toBe('hit');
  });

  /** What runs in the sandbox has nothing of the job's environment. */
  function isBuilding(): boolean {
    return readdirSync('/proc').some((pid) => {
      try {
        return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'sleep\x0061.5\0';
      } catch {
        return false;
      }
    });
  }
});

test('a job that is cancelled while it saves ends at once, and the next makes up for it', async () => {
  scene.write('in.txt', 'changed\n');
  const { post, leftovers } = await endedWhile('upload', 1, 'SIGTERM');
  expect(post?.log).toContain('cancelled by SIGTERM');
  expect([post?.exitCode, leftovers]).toEqual([0, []]);
  expect(scene.notes('own')).toHaveLength(1);
  for (const { key } of unfinished()) scene.service.evict(key);
  expect((await scene.job({ machine: 'own' })).post?.log).toMatch(/saved 1 result/);
});
