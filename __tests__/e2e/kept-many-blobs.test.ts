import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pendingFolder } from '../../src/run/pack-place.js';
import { noteBuilt } from '../../src/packs/pending.js';
import { cacheFolder } from '../../src/local/folder.js';
import { sealResult } from '../../src/local/seals.js';
import { objectPath, resultPath } from '../../src/local/layout.js';
import {
  ActionResult,
  FileNode,
  Tree,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { type Digest, digestOf, parseDigest } from '../../src/reapi/digest.js';
import type { SaveReport } from '../../src/report/run/pack-report.js';
import { Bench } from './command-line.js';
import { knowHost } from './host-memory.js';
import { canMount, mountDisk, unmountDisk } from './memory-disk.js';
import { environmentOf, peakMemory } from './preload.js';

const FILES = 100_000;
/** Of each file. */
const BYTES = 1000;
/** Bytes. Node 20 takes 370 to 450 MB for a save and 400 for the hit; what is alive at once are 140 MB at most. */
const MOST_MEMORY = 500e6;

/** Where it can be, the files are in memory: a disk may take a minute to remove so many. */
const disk = mkdtempSync(join(tmpdir(), 'many-blobs-'));
let bench: Bench;

beforeAll(() => {
  if (canMount) mountDisk(disk, '4g', 1_000_000);
  bench = new Bench({ 'in.txt': 'x' }, disk);
  knowHost(bench.cache); // The first look at a machine takes memory of its own.
  bench.environment = environmentOf(peakMemory(join(bench.root, 'peak')));
});
afterAll(async () => {
  await bench.dispose();
  unmountDisk(disk);
  rmSync(disk, { recursive: true });
}, 300_000);

const kept = () => join(bench.root, 'kept');
const stored = (path: string) => join(bench.cache, 'casd', path);
const nameOf = (number: number) => String(number).padStart(6, '0');
const noise = randomBytes((FILES + 1) * BYTES);
const contentOf = (number: number) => noise.subarray(number * BYTES, (number + 1) * BYTES);

function put(content: Uint8Array): Digest {
  const digest = digestOf(content);
  const file = stored(objectPath(digest));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return digest;
}

function putFiles(from: number, to: number): FileNode[] {
  const numbers = Array.from({ length: to - from }, (_, at) => from + at);
  return numbers.map((number) =>
    FileNode.fromPartial({ name: nameOf(number), digest: put(contentOf(number)) }),
  );
}

const LOCAL = { tier: 'local', repository: null, ref: 'local', event: null } as const;

/** Builds something small, and makes its result one with these files: a sandbox would take a minute for them. */
async function build(script: string, files: FileNode[]): Promise<void> {
  const { record } = await bench.record(['--outputs', 'out'], script);
  const action = parseDigest(record.actionDigest);
  if (action === undefined) throw new Error('it was not built');
  const treeDigest = put(Tree.encode(Tree.fromPartial({ root: { files } })).finish());
  const result = ActionResult.decode(readFileSync(stored(resultPath(action))));
  const large = ActionResult.fromPartial({ ...result, outputDirectories: [{ path: 'out', treeDigest }] });
  writeFileSync(stored(resultPath(action)), ActionResult.encode(large).finish());
  await sealResult(cacheFolder(bench.cache), action, large, LOCAL);
  const place = { packs: { kind: 'folder', path: kept() }, key: 'default' } as const;
  const provenance = {
    ...{ ci: undefined, sign: undefined, repository: undefined, event: undefined, ref: undefined },
    ...{ defaultBranch: undefined, baseBranch: undefined },
  };
  await noteBuilt(pendingFolder(place, { provenance }, cacheFolder(bench.cache)), action);
}

async function run(script: string, ...flags: readonly string[]) {
  const { record } = await bench.record(
    ['--cache', `folder:${kept()}`, '--outputs', 'out', ...flags],
    script,
  );
  const { save } = record.cache as unknown as { readonly save: SaveReport | null };
  const peak = Number(readFileSync(join(bench.root, 'peak'), 'utf8'));
  return { record, save, peak };
}

test('a hundred thousand small blobs are saved once, and are a hit, in bounded memory', async () => {
  const files = putFiles(0, FILES);
  await build('mkdir out; echo first', files);
  const first = await run('mkdir out; echo first', '--download-outputs', 'false');
  expect(first.save).toMatchObject({ results: 1, problem: null });
  expect(first.save?.saved).toBeGreaterThan(FILES * BYTES);

  // All but one of its blobs are there; what is sent are the names.
  await build('mkdir out; echo second', [...files, ...putFiles(FILES, FILES + 1)]);
  const second = await run('mkdir out; echo second', '--download-outputs', 'false');
  expect(second.save).toMatchObject({ results: 1, blobs: 3, problem: null });
  expect(second.save?.saved).toBeLessThan(FILES * 150);

  for (const name of ['casd', 'kept']) rmSync(join(bench.cache, name), { recursive: true });
  const hit = await run('mkdir out; echo second');
  expect([hit.record.result, hit.record.hitFrom]).toEqual(['hit', 'cache']);
  const out = bench.list('out');
  expect(out).toHaveLength(FILES + 1);
  const wrong = out.filter(
    (name) => !readFileSync(join(bench.checkout, 'out', name)).equals(contentOf(Number(name))),
  );
  expect(wrong).toEqual([]);

  for (const { peak } of [first, second, hit]) expect(peak).toBeLessThan(MOST_MEMORY);
}, 300_000);
