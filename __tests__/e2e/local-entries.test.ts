import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { resultPath } from '../../src/local/layout.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { ActionCacheClient } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { parseDigest } from '../../src/reapi/digest.js';
import { Bench, type BuildRecord } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'hello\n' });
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const FLAGS = ['--outputs', 'out', '--outputs', 'other'];
const SCRIPT = 'echo said; cp in.txt out; echo more > other';

function actionOf({ actionDigest }: BuildRecord) {
  const digest = parseDigest(actionDigest);
  if (digest === undefined) throw new Error(actionDigest);
  return digest;
}

/** A run, and that what it brought is right. */
async function run(): Promise<BuildRecord> {
  const { record, exitCode } = await bench.record(FLAGS, SCRIPT);
  expect([exitCode, bench.read('out'), bench.read('other')]).toEqual([0, 'hello\n', 'more\n']);
  return record;
}

const entryFile = (record: BuildRecord) => join(bench.cache, 'casd', resultPath(actionOf(record)));

function changed(change: (result: ActionResult) => void): (entry: string) => void {
  return (entry) => {
    const result = ActionResult.decode(readFileSync(entry));
    change(result);
    writeFileSync(entry, ActionResult.encode(result).finish());
  };
}

function firstFile({ outputFiles: [file] }: ActionResult) {
  if (file?.digest === undefined) throw new Error('no file');
  return { file, digest: file.digest };
}

describe('a stored result is no hit', () => {
  test.each<[string, (entry: string) => void]>([
    ['of no bytes', (entry) => truncateSync(entry, 0)],
    ['of half its bytes', (entry) => truncateSync(entry, readFileSync(entry).length >> 1)],
    ['with another size of an output', changed((result) => firstFile(result).digest.sizeBytes++)],
    [
      'with another output in place of one',
      changed((result) => (firstFile(result).file.digest = result.outputFiles[1]?.digest)),
    ],
    ['with an output that may be run', changed((result) => (firstFile(result).file.isExecutable = true))],
    ['that printed nothing', changed((result) => (result.stdoutDigest = undefined))],
    ['of nobody', changed((result) => (result.executionMetadata = undefined))],
  ])('%s', async (_, damage) => {
    const built = await run();
    damage(entryFile(built));
    expect((await run()).result).toBe('built');
    expect((await run()).result).toBe('hit');
  });

  test('of no bytes, of a build that leaves nothing', async () => {
    const { record } = await bench.record([], 'echo said');
    truncateSync(entryFile(record), 0);
    const again = await bench.record([], 'echo said');
    expect([again.record.result, again.stderr]).toEqual(['built', expect.stringContaining('said')]);
  });

  test('with one bit flipped, wherever', async () => {
    const built = await run();
    const steps = 8;
    for (let step = 0; step < steps; step += 1) {
      const entry = readFileSync(entryFile(built));
      const at = Math.floor((entry.length * (step + 0.5)) / steps);
      entry.writeUInt8(entry.readUInt8(at) ^ (1 << (step % 8)), at);
      writeFileSync(entryFile(built), entry);
      expect([at, (await run()).result]).toEqual([at, 'built']);
    }
    expect((await run()).result).toBe('hit');
  });

  test('without its seal', async () => {
    await run();
    rmSync(join(bench.cache, 'seals'), { recursive: true });
    expect((await run()).result).toBe('built');
  });

  test('that another tool had our casd store', async () => {
    const built = await run();
    const entry = ActionResult.decode(readFileSync(entryFile(built)));
    const address = (await bench.command('casd', 'start')).stdout.trim();
    const client = new ActionCacheClient(address, credentials.createInsecure());
    const forged = { ...entry, outputFiles: entry.outputFiles.map((file) => ({ ...file })) };
    const [first, second] = forged.outputFiles;
    if (first === undefined || second === undefined) throw new Error('no files');
    [first.digest, second.digest] = [second.digest, first.digest];
    const request = { instanceName: '', actionDigest: actionOf(built), actionResult: forged } as const;
    await new Promise((done, fail) =>
      client.updateActionResult(
        { ...request, resultsCachePolicy: undefined, digestFunction: 0 },
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    client.close();
    expect((await run()).result).toBe('built');
    expect((await run()).result).toBe('hit');
    await bench.command('casd', 'stop');
  });
});

test('a seal goes with its result', async () => {
  const [old] = [await run(), await bench.run([], 'echo another')];
  const seals = () =>
    readdirSync(join(bench.cache, 'seals'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.includes('/'))
      .map((name) => name.replace('/', ''));
  expect(seals()).toHaveLength(2);
  expect((await bench.command('cache', 'expire', '--to', '1')).exitCode).toBe(0);
  expect(existsSync(entryFile(old))).toBe(false);
  expect(seals()).toHaveLength(1);
  expect(seals()).not.toContain(actionOf(old).hash);
});
