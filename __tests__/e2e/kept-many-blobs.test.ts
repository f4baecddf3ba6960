import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { shortHash } from '../../src/cache/keys.js';
import { noteBuilt } from '../../src/cache/pending.js';
import { objectPath, resultPath } from '../../src/casd/layout.js';
import { ActionResult, Tree } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { type Digest, digestOf, parseDigest } from '../../src/reapi/digest.js';
import { Bench } from './command-line.js';

const FILES = 100_000;
const MEGABYTE = 1024 * 1024;

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  writeFileSync(peaks.hook(), "import { appendFileSync } from 'node:fs';\n" + HOOK);
});
afterEach(() => bench.dispose());

const HOOK = `process.on('exit', () => appendFileSync(process.env.PEAKS, process.resourceUsage().maxRSS + '\\n'));\n`;

/** What a run takes of memory at most, in kilobytes, as the run itself sees it. */
const peaks = {
  hook: () => join(bench.root, 'hook.mjs'),
  file: () => join(bench.root, 'peaks'),
  read: () => readFileSync(peaks.file(), 'utf8').trim().split('\n').map(Number),
};

const stored = (path: string) => join(bench.cache, 'casd', path);

function put(content: Uint8Array): Digest {
  const digest = digestOf(content);
  const file = stored(objectPath(digest));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return digest;
}

/** Makes the result of an action one with many files, which a sandbox would take minutes to make. */
function makeLarge(action: Digest): void {
  const files = Array.from({ length: FILES }, (_, at) => {
    const name = String(at).padStart(6, '0');
    return { name, digest: put(Buffer.from(`this is file ${name}\n`)) };
  });
  const treeDigest = put(Tree.encode(Tree.fromPartial({ root: { files } })).finish());
  const file = stored(resultPath(action));
  const result = ActionResult.decode(readFileSync(file));
  const outputDirectories = [{ path: 'out', treeDigest }];
  writeFileSync(
    file,
    ActionResult.encode(ActionResult.fromPartial({ ...result, outputDirectories })).finish(),
  );
}

test('a hundred thousand small blobs are saved, and are a hit, in bounded memory', async () => {
  const kept = join(bench.root, 'kept');
  const script = 'mkdir out; cp in.txt out';
  const { record } = await bench.record(['--outputs', 'out'], script);
  const action = parseDigest(record.actionDigest) ?? digestOf(Buffer.alloc(0));
  makeLarge(action);
  rmSync(join(bench.checkout, 'out'), { recursive: true });
  await noteBuilt(
    join(bench.cache, 'kept', 'pending', shortHash([kept, 'default', 'local'].join('\n'))),
    action,
  );

  bench.environment = { NODE_OPTIONS: `--import file://${peaks.hook()}`, PEAKS: peaks.file() };
  const flags = ['--cache', `folder:${kept}`, '--outputs', 'out'];
  const saved = await bench.run([...flags, '--no-download-outputs'], script);
  expect(saved.stderr).toContain('saved 1 result and 100,001 new blobs');

  for (const name of ['casd', 'kept']) rmSync(join(bench.cache, name), { recursive: true });
  const hit = await bench.record(flags, script);
  expect([hit.record.result, hit.record.hitFrom]).toEqual(['hit', 'cache']);
  expect(readdirSync(join(bench.checkout, 'out'))).toHaveLength(FILES);
  expect(bench.read('out/099999')).toBe('this is file 099999\n');
  process.stderr.write(
    `${saved.stderr}${JSON.stringify(hit.record.timings)} ${JSON.stringify(peaks.read())}\n`,
  );
  expect(Math.max(...peaks.read())).toBeLessThan(300 * 1024);
});
