import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cacheKeys } from '../../src/packs/index/keys.js';
import { decodeIndex } from '../../src/packs/index/index-file.js';
import { KeptScene, linesAbout, MAIN, PULL, warningsOf } from './kept-scene.js';
import { CANARIES } from './runner.js';
import { until } from './until.js';

let scene: KeptScene;

beforeEach(async () => {
  scene = await KeptScene.open();
});
afterEach(() => scene.close());

const KEYS = cacheKeys('CI / build');

/** What is below a path: kinds, contents, modes that count. */
function listing(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => {
      const file = join(path, name);
      const info = lstatSync(file);
      if (info.isSymbolicLink()) return `${name} -> ${readlinkSync(file)}`;
      if (info.isDirectory()) return `${name}/`;
      const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
      return `${name} ${info.size} ${(info.mode & 0o100) > 0 ? 'x' : '-'} ${hash}`;
    })
    .sort();
}

/** What the results of an index say; undefined for a pack. The archive is a tar of one file, whose header has its size. */
function indexIn(archive: Buffer): string | undefined {
  const at = archive.indexOf('buildbox-action index');
  if (at < 0) return undefined;
  const size = parseInt(archive.toString('latin1', at - 512 + 124, at - 512 + 135), 8);
  const { entries } = decodeIndex(archive.subarray(at, at + size));
  return [...entries.values()].map(({ result }) => result?.toString('latin1')).join('\n');
}

const keysOf = (prefix: string) =>
  scene.service
    .entries()
    .map(({ key }) => key)
    .filter((key) => key.startsWith(prefix));

describe('without any server of our own', () => {
  test('the second run of an unchanged build is a hit on a fresh machine that has no BuildBox', async () => {
    const built = await scene.job();
    expect(built.outputs).toMatchObject({ result: 'built' });
    expect(built.post?.log).toMatch(/saved 1 result and \d+ new blobs?/);
    const { bytesUp } = scene.service.counts();

    const hit = await scene.job({ environment: { RUNNER_TOOL_CACHE: undefined } });
    expect(hit.outputs).toMatchObject({ result: 'hit', 'cache-hit': 'true', 'casd-socket': '' });
    expect(hit.log).toContain('hello');
    expect(scene.read('out')).toBe('hello\n');
    expect([...built.leftovers, ...hit.leftovers, ...warningsOf(built), ...warningsOf(hit)]).toEqual([]);
    const summary = built.post?.summary.replace(/&#\d+;/g, (entity) =>
      String.fromCodePoint(parseInt(entity.slice(2))),
    );
    expect(summary).toMatch(/saved 1 result .* kept now: 1 result in 1 pack, .* leave [\d.]+ GB to all else/);
    expect(summary).toMatch(/\| size \| .* of 4 GB [\s\S]*\| results \| 1 result \|[\s\S]*\| live \|/);
    expect(hit.post?.summary).toBe('');
    // Nothing is new, so nothing is sent.
    expect(scene.service.counts().bytesUp).toBe(bytesUp);
    expect(hit.post?.log).not.toContain('saved');
  });

  test('a server that speaks version 1 of the service keeps results as well', async () => {
    const old = scene.service.environment(MAIN, 'v1');
    const environment = { ...old, ACTIONS_CACHE_SERVICE_V2: undefined, ACTIONS_RESULTS_URL: undefined };
    const built = await scene.job({ environment });
    expect([built.outputs.result, built.post?.log]).toEqual([
      'built',
      expect.stringContaining('saved 1 result'),
    ]);
    const hit = await scene.job({ environment });
    expect([hit.outputs.result, ...warningsOf(built), ...warningsOf(hit)]).toEqual(['hit']);
    expect(scene.read('out')).toBe('hello\n');
  });

  test('outputs of every kind come back as they were', async () => {
    const inputs = {
      run: [
        'mkdir -p out/empty out/deep/er',
        'head -c 100000000 /dev/urandom > out/large',
        'for i in 1 2 3; do echo same > out/deep/er/$i; done',
        'touch out/deep/nothing; echo run > out/tool; chmod +x out/tool',
        'ln -s deep/er/1 out/link; ln -s nowhere out/broken',
        'cat out/tool > single; seq 1 800000; echo to stderr >&2',
      ].join('\n'),
      outputs: 'out\nsingle',
    };
    const built = await scene.job({ inputs });
    expect([built.outputs.result, warningsOf(built)]).toEqual(['built', []]);
    const before = listing(scene.workspace);
    const down = scene.service.counts().bytesDown;
    const hit = await scene.job({ inputs });
    expect([hit.outputs.result, warningsOf(hit)]).toEqual(['hit', []]);
    expect(listing(scene.workspace)).toEqual(before);
    expect(hit.log).toContain('\n800000\n');
    expect(hit.log).toContain('to stderr');
    expect(scene.service.counts().bytesDown - down).toBeLessThan(108_000_000);

    const unread = await scene.job({ inputs: { ...inputs, 'download-outputs': 'false' } });
    expect(unread.outputs.result).toBe('hit');
    expect(unread.outputs['outputs-digest']).toBe(built.outputs['outputs-digest']);
    expect(readdirSync(scene.workspace)).not.toContain('out');
  });

  test('a failure is kept where that is asked for', async () => {
    const inputs = { run: 'echo no luck; exit 3', 'cache-failures': 'true' };
    const built = await scene.job({ inputs });
    const again = await scene.job({ inputs });
    for (const { exitCode, outputs, log } of [built, again]) {
      expect([exitCode, outputs['exit-code']]).toEqual([3, '3']);
      expect(log).toContain('no luck');
    }
    expect([built.outputs['cache-hit'], again.outputs['cache-hit']]).toEqual(['false', 'true']);
    const tried = await scene.job({ inputs: { ...inputs, 'cache-failures': 'false' } });
    expect([tried.exitCode, tried.outputs['cache-hit']]).toEqual([3, 'false']);
  });

  test('a machine that stays uses its own results, and uploads nothing twice', async () => {
    await scene.job({ machine: 'own' });
    scene.service.resetCounts();
    const again = await scene.job({ machine: 'own' });
    expect(again.outputs).toMatchObject({ result: 'hit' });
    expect(again.log).not.toMatch(/GitHub's cache (had|did not have) the result/);
    const { calls, bytesUp, bytesDown } = scene.service.counts();
    expect([calls.CreateCacheEntry, bytesUp]).toEqual([0, 0]);
    // At most the index, which is asked for beforehand.
    expect(bytesDown).toBeLessThan(20_000);
  });

  test('no token is in what is kept, nor in any log', async () => {
    const secret = 'canary-in-the-middle';
    const environment = { MY_SECRET: secret };
    const built = await scene.job({ environment });
    const token = scene.service.environment(MAIN).ACTIONS_RUNTIME_TOKEN ?? '';
    const logs = `${built.log}${built.post?.log ?? ''}${JSON.stringify(built.outputs)}${built.summary}`;
    const archives = await Promise.all(scene.service.entries().map(({ id }) => scene.service.content(id)));
    const indexes = archives.flatMap((archive) => indexIn(archive) ?? []);
    expect([archives.length, indexes.length]).toEqual([2, 1]);
    const kept = archives.map((archive) => archive.toString('latin1'));
    for (const text of [logs, ...kept, ...indexes]) {
      for (const canary of [token, secret, CANARIES.ACTIONS_ID_TOKEN_REQUEST_TOKEN])
        expect(text.includes(canary)).toBe(false);
    }
  });
});

describe('refs', () => {
  test("a pull request reads the default branch's results, and writes beside them", async () => {
    const inputs = {
      run: 'mkdir out; head -c 2000000 /dev/urandom > out/random; cp in.txt out',
      outputs: 'out',
    };
    const built = await scene.job({ inputs });
    const random = readFileSync(join(scene.workspace, 'out/random'));
    scene.service.resetCounts();

    const event = 'pull_request';
    const hit = await scene.job({ inputs, scopes: PULL, event });
    expect(hit.outputs).toMatchObject({ result: 'hit', 'action-digest': built.outputs['action-digest'] });
    expect(readFileSync(join(scene.workspace, 'out/random')).equals(random)).toBe(true);
    expect(scene.service.counts().bytesUp).toBe(0);

    // It changes something small, and builds something that is kept already.
    scene.write('in.txt', 'changed\n');
    scene.write('kept', '');
    execFileSync('cp', [join(scene.workspace, 'out/random'), join(scene.workspace, 'kept')]);
    const same = { run: 'mkdir out; cp kept out/random; cp in.txt out', outputs: 'out' };
    const changed = await scene.job({ inputs: same, scopes: PULL, event });
    expect([changed.outputs.result, warningsOf(changed)]).toEqual(['built', []]);
    expect(scene.service.counts().bytesUp).toBeLessThan(50_000);
    expect(scene.service.entries().filter(({ scope }) => scope === PULL.own)).toHaveLength(2);
    expect(keysOf(KEYS.indexPrefix({ ref: PULL.own, event: null }))).toHaveLength(1);
    expect(keysOf(KEYS.indexPrefix({ ref: MAIN.own, event: null }))).toHaveLength(1);

    const again = await scene.job({ inputs: same, scopes: PULL, event });
    expect(again.outputs.result).toBe('hit');
    expect(readFileSync(join(scene.workspace, 'out/random')).equals(random)).toBe(true);
    const main = await scene.job({ inputs: same });
    expect(main.outputs.result).toBe('built');
  });

  test('what runs for somebody else under the name of a branch writes beside the branch', async () => {
    const event = 'pull_request_target';
    const first = await scene.job({ event });
    expect(first.outputs.result).toBe('built');
    expect(keysOf(KEYS.indexPrefix({ ref: MAIN.own, event: null }))).toEqual([]);
    expect(keysOf(KEYS.indexPrefix({ ref: MAIN.own, event }))).toHaveLength(1);
    expect((await scene.job({ event })).outputs.result).toBe('hit');
    expect((await scene.job()).outputs.result).toBe('built');
  });
});

test('a merge queue reads, and saves nothing, for nobody could read it', async () => {
  const queue = { own: 'refs/heads/gh-readonly-queue/main/pr-1-abc', default: MAIN.own };
  const job = { scopes: queue, event: 'merge_group' };
  const built = await scene.job(job);
  expect([built.outputs.result, built.post?.exitCode]).toEqual(['built', 0]);
  expect(linesAbout(built, /nothing is saved in GitHub's cache: no run reads/)).toHaveLength(1);
  expect([scene.service.entries(), warningsOf(built)]).toEqual([[], []]);
  await scene.job();
  const entries = scene.service.entries().length;
  const hit = await scene.job(job);
  expect(hit.outputs.result).toBe('hit');
  expect(linesAbout(hit, /nothing is saved/)).toEqual([]);
  expect(scene.service.entries()).toHaveLength(entries);
});

describe('whose result a hit is', () => {
  const gate = { 'require-tier': 'trusted' };
  const pull = { scopes: PULL, event: 'pull_request' } as const;
  const textOf = (summary: string) =>
    summary.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

  test('is in its summary', async () => {
    await scene.job(pull);
    const own = await scene.job(pull);
    expect(textOf(own.summary)).toContain(
      'It is the result of refs/pull/1/merge of octo/project, which is untrusted.',
    );
    await scene.job();
    const trusted = await scene.job(pull);
    expect(textOf(trusted.summary)).toContain(
      "It is the result of the default branch's own runs (refs/heads/main of octo/project).",
    );
  });

  test('cannot be told where trust is required and the own ref may have written it', async () => {
    // A step of the pull request that plays the default branch: GitHub looks its own ref up first.
    const forged = await scene.job({ ...pull, event: 'push', environment: { GITHUB_REF: MAIN.own } });
    expect(forged.outputs.result).toBe('built');
    expect(scene.service.entries().map(({ scope }) => scope)).toEqual([PULL.own, PULL.own]);
    expect((await scene.job(pull)).outputs.result).toBe('hit');
    const checked = await scene.job({ ...pull, inputs: gate });
    expect(checked.outputs.result).toBe('built');
    expect(linesAbout(checked, /require-tier: trusted/)).toHaveLength(1);
  });

  test('is known on the default branch, which nobody else writes for', async () => {
    expect((await scene.job({ inputs: gate })).outputs.result).toBe('built');
    expect((await scene.job({ inputs: gate })).outputs.result).toBe('hit');
  });
});

test('what is still to be saved is not expired by others meanwhile', async () => {
  const machine = scene.freshMachine();
  scene.service.fail('CreateCacheEntry', { kind: 'hang' });
  const job = scene.job({ machine, inputs: { 'cache-time-limit': '5s' } });
  await until(() => scene.service.held() > 0);
  const flags = ['cache', 'expire', '--to', '1', '--cache-dir', scene.cacheOf(machine)];
  const expiry = spawnSync(process.execPath, [resolve('dist/cli.js'), ...flags], { encoding: 'utf8' });
  expect([expiry.status, expiry.stderr]).toEqual([125, expect.stringContaining('is used by')]);
  expect((await job).leftovers).toEqual([]);
});

describe('what a run may not do is told in one line, and the build is green', () => {
  const readOnly = { ...PULL, permission: 'read' } as const;
  const noService = { ACTIONS_RUNTIME_TOKEN: undefined, ACTIONS_RESULTS_URL: undefined };

  test.each([
    [
      "a fork's token that may only read",
      { scopes: readOnly, event: 'pull_request' },
      /may only read/,
      'warning',
    ],
    ['a token that may nothing', { scopes: { ...MAIN, permission: 'denied' } }, /may not read/, 'warning'],
    [
      'ACTIONS_CACHE_MODE none',
      { environment: { ACTIONS_CACHE_MODE: 'none' } },
      /ACTIONS_CACHE_MODE is none/,
      'info',
    ],
    ['no token, and `cache: auto`', { environment: noService }, /there is no GitHub cache here/, 'info'],
    [
      'no token, and `cache: github`',
      { environment: noService, inputs: { cache: 'github' } },
      /there is no GitHub cache here/,
      'warning',
    ],
  ] as const)('%s', async (_, job, words, level) => {
    const built = await scene.job(job);
    expect([built.exitCode, built.post?.exitCode, built.outputs.result]).toEqual([0, 0, 'built']);
    expect(scene.read('out')).toBe('hello\n');
    // The closing lines of a build say once more why there was no hit.
    expect(linesAbout(built, words).filter((line) => !line.startsWith('  kept'))).toHaveLength(1);
    expect(warningsOf(built)).toHaveLength(level === 'warning' ? 1 : 0);
    expect(scene.service.entries()).toEqual([]);
  });

  test('reading is allowed where writing is not; without reading nothing is saved', async () => {
    const writer = await scene.job({ environment: { ACTIONS_CACHE_MODE: 'write-only' } });
    expect([writer.outputs.result, linesAbout(writer, /forbids reading/).length]).toEqual(['built', 1]);
    // What is saved is added to what is read.
    expect([scene.service.entries(), warningsOf(writer)]).toEqual([[], []]);
    await scene.job();
    const entries = scene.service.entries().length;
    const reader = await scene.job({ environment: { ACTIONS_CACHE_MODE: 'read' } });
    expect([reader.outputs.result, linesAbout(reader, /forbids writing/).length]).toEqual(['hit', 1]);
    scene.write('in.txt', 'changed\n');
    const built = await scene.job({ environment: { ACTIONS_CACHE_MODE: 'read' } });
    expect([built.outputs.result, built.post?.exitCode]).toEqual(['built', 0]);
    expect(scene.service.entries()).toHaveLength(entries);
  });
});
