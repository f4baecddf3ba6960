import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { dieAt, environmentOf } from './preload.js';
import { until } from './until.js';

let bench: Bench;
const temporary = () => join(bench.root, 'temporary');
/** A folder that is not there holds nothing. */
const namesIn = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);

/** An ordinary user may mount, but not where /dev/fuse is root's alone. */
const STAGINGS = process.getuid?.() === 0 && existsSync('/dev/fuse') ? ['copy', 'fuse'] : ['copy'];

beforeEach(() => {
  bench = new Bench({ 'in.txt': 'x' });
  mkdirSync(temporary());
});
afterEach(() => bench.dispose());

describe.each(STAGINGS)('a run that is killed, its inputs staged by %s', (staging) => {
  test.each([
    ['before it has a lease', 'rename 1 run/lease'],
    ['before the daemon is started', 'open 1 casd\\.log'],
    ['when the daemon was started', 'writeFile 1 run/casd\\.json'],
    ['before the daemon is written down', 'rename 1 run/casd\\.json'],
    ['before the build', 'open 1 run/work/.*/stdout'],
    ['after the build', 'readFile 1 run/work/.*/action-result'],
    ['before its work folder is removed', 'rm 1 run/work/\\.buildbox'],
    ['before its lease is removed', 'rm 1 run/leases'],
    ['before the state of the daemon is removed', 'rm 1 run/casd\\.json'],
    ['while it selects its inputs', 'writeFile 1 temporary.*HEAD'],
  ])('%s: the next one is right, and nothing of either stays', async (_, call) => {
    const flags = ['--inputs', 'in.txt', '--outputs', 'out', '--staging', staging];
    const script = 'cat in.txt | tee out';
    bench.environment = { TMPDIR: temporary(), ...environmentOf(dieAt(call)) };
    expect((await bench.run(flags, script)).exitCode).toBe(137);
    bench.environment = { TMPDIR: temporary() };
    for (const salt of ['', 'another']) {
      expect(await bench.run([...flags, '--salt', salt], script)).toMatchObject({ exitCode: 0, stdout: 'x' });
    }
    await until(() => bench.leftovers().length === 0);
    expect(readdirSync(temporary())).toEqual([]);
    for (const folder of ['leases', 'work']) expect(namesIn(join(bench.cache, 'run', folder))).toEqual([]);
    expect(namesIn(join(bench.cache, 'casd/cas/staging'))).toEqual([]);
    const daemons = readdirSync(join(bench.cache, 'run')).filter((name) =>
      /^(casd\.(json|sock)|lease\.)/.test(name),
    );
    expect(daemons).toEqual([]);
  });

  test('nor does the folder that a socket has for itself where the path of the cache folder is too long', async () => {
    const run = ['run', '--cache-dir', join(bench.root, 'long'.repeat(30)), '--run', 'cat in.txt'];
    bench.environment = { TMPDIR: temporary(), ...environmentOf(dieAt('open 1 casd\\.log')) };
    expect((await bench.start(...run).ended).exitCode).toBe(137);
    expect(readdirSync(temporary())).toEqual([expect.stringMatching(/^buildbox-/)]);
    bench.environment = { TMPDIR: temporary() };
    expect(await bench.start(...run).ended).toMatchObject({ exitCode: 0, stdout: 'x' });
    await until(() => bench.leftovers().length === 0);
    expect(readdirSync(temporary())).toEqual([]);
  });
});
