import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  bench.environment = { PATH: '/usr/bin:/bin' }; // So that there is little to look at.
});

afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

/** A toolchain whose memory is damaged is looked at anew, and a busy machine takes its time. */
const MINUTES = 300_000;

/** As a damaged disk does it. */
function becomeFolder(path: string): void {
  rmSync(path);
  mkdirSync(path);
  writeFileSync(join(path, 'inside'), 'x');
}

/** What we keep beside casd's objects. */
function stateFiles(): string[] {
  const names = readdirSync(bench.cache, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => !/^casd\/.*\/objects\//.test(name))
    .map((name) => join(bench.cache, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .sort();
}

/** Damages every file of the state, one after the other, and has something found and something built after each. */
async function damageEach(): Promise<void> {
  const flags = ['--cache', `folder:${join(bench.root, 'kept')}`, '--outputs', 'out'];
  const run = (salt: string) => bench.record([...flags, '--salt', salt], 'cp in.txt out');
  await run('found');
  const seen: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [number, path] of stateFiles().entries()) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    becomeFolder(path);
    const runs = [await run('found'), await run(String(number)), await run(String(number))];
    const name = relative(bench.cache, path).replace(/[0-9a-f]{8,}/g, 'HASH');
    seen[name] = runs.map(({ exitCode, stderr, record }, nth) => [
      exitCode === 0 ? 0 : stderr,
      // The first was a hit unless the damaged file was part of it.
      nth === 0 ? '' : record.result,
    ]);
    wanted[name] = [
      [0, ''],
      [0, 'built'],
      [0, 'hit'],
    ];
  }
  expect(seen).toEqual(wanted);
  expect(Object.keys(seen).length).toBeGreaterThan(4);
}

test('each file of our state that has become a folder is written anew', () => damageEach(), MINUTES);

test(
  'the same while a daemon runs',
  async () => {
    await bench.command('casd', 'start');
    await damageEach();
    expect((await bench.command('casd', 'stop')).exitCode).toBe(0);
  },
  MINUTES,
);
