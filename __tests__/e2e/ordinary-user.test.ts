import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { type Runner, startRunner } from './runner.js';

const USER = { uid: 65534, gid: 65534 };
const AS_USER = ['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.gid}`, '--clear-groups'];

/** Only root can become somebody else; where the tests themselves run as an ordinary user, all of them are such tests. */
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

describeAsRoot('as an ordinary user', () => {
  let place: string;
  let toolCache: string;

  beforeAll(() => {
    // Where an ordinary user can read it, whoever cloned this repository.
    place = mkdtempSync('/var/tmp/ordinary-user-');
    cpSync(resolve('dist'), join(place, 'dist'), { recursive: true });
    cpSync(resolve('action.yml'), join(place, 'action.yml'));
    cpSync(resolve('package.json'), join(place, 'package.json'));
    toolCache = join(place, 'tools');
    cpSync(process.env.TEST_TOOL_CACHE ?? '', toolCache, { recursive: true, preserveTimestamps: true });
    mkdirSync(join(place, 'home'));
    for (const path of [place, join(place, 'home')]) chownSync(path, USER.uid, USER.gid);
  });

  afterAll(() => rmSync(place, { recursive: true }));

  describe('the command line', () => {
    let bench: Bench;

    beforeEach(() => {
      bench = new Bench({ 'in.txt': 'x' });
      bench.prefix = AS_USER;
      bench.cli = join(place, 'dist/cli.js');
      bench.environment = {
        HOME: join(place, 'home'),
        RUNNER_TOOL_CACHE: toolCache,
        PATH: '/usr/local/bin:/usr/bin:/bin',
      };
      for (const path of [bench.root, bench.checkout, join(bench.checkout, 'in.txt')]) {
        chownSync(path, USER.uid, USER.gid);
      }
    });

    afterEach(async () => {
      await bench.dispose();
      expect(bench.leftovers()).toEqual([]);
    });

    test('a cache folder that may not be written is a fault that names it', async () => {
      const { exitCode, stderr } = await bench.start('run', '--cache-dir', '/usr/cache', '--', 'true').ended;
      expect(exitCode).toBe(125);
      expect(stderr).toContain('the cache folder /usr/cache cannot be written');
    });

    test('builds, hits, and brings outputs', async () => {
      const script = 'id -u; cp in.txt out';
      const built = await bench.record(['--outputs', 'out'], script);
      expect(built).toMatchObject({ exitCode: 0, record: { result: 'built' } });
      expect(built.stderr).toMatch(/^1000$/m);
      expect((await bench.record(['--outputs', 'out'], script)).record.result).toBe('hit');
      expect(bench.read('out')).toBe('x');
    });

    test('has no groups inside but its own, to which it may give what it copies', async () => {
      bench.prefix = ['setpriv', `--reuid=${USER.uid}`, `--regid=${USER.gid}`, '--groups', '4,27,100'];
      // As `rsync -a` does: the group of a file is kept by whoever is in it.
      const keep = [
        'import os, shutil',
        "shutil.copy2('/etc/debian_version' if os.path.exists('/etc/debian_version') else '/etc/passwd', 'copy')",
        "group = os.stat('/usr').st_gid",
        "if group in os.getgroups() + [os.getgid()]: os.chown('copy', -1, group)",
        'print(os.getgroups())',
      ];
      bench.write('keep.py', keep.join('\n'));
      const { exitCode, stdout } = await bench.run([], 'id; cp -a /usr/share/zoneinfo . && python3 keep.py');
      expect([exitCode, stdout]).toEqual([0, 'uid=1000(build) gid=1000(build) groups=1000(build)\n[]\n']);
    });

    test("the kernel itself limits the processes of a build, and counts nobody else's", async () => {
      // Lowered further inside, so that few show it.
      bench.write(
        'fork.py',
        'import os\nfor i in range(30): os.fork() or os.execv("/usr/bin/sleep", ["sleep", "9"])\n',
      );
      const script =
        'ulimit -u; ulimit -Hu; ulimit -u 20; python3 fork.py 2>&1 | grep -om1 "^BlockingIOError"';
      const { stdout } = await bench.run(['--processes', '4000'], script);
      expect(stdout).toBe('5000\n5000\nBlockingIOError\n');
    });

    test('a limit of memory that cannot be held to has nothing built', async () => {
      const { exitCode, stdout, stderr } = await bench.run(['--memory', '1G'], 'echo built');
      expect([exitCode, stdout]).toEqual([125, '']);
      expect(stderr).toContain('`memory` cannot be held to here');
      expect((await bench.run([], 'echo built')).stdout).toBe('built\n');
      // Nothing is started for a hit, so there is nothing to hold.
      expect((await bench.run(['--memory', '1G'], 'echo built')).stdout).toBe('built\n');
    });

    describe('what a build makes unreadable', () => {
      const closed = 'mkdir -p d/e; echo x > d/e/f; chmod 0 d/e/f d/e d';

      test('keeps neither its exit code from us nor the cache folder from the next run', async () => {
        expect((await bench.run([], `${closed}; exit 7`)).exitCode).toBe(7);
        expect((await bench.run([], `${closed}; true`)).exitCode).toBe(0);
        expect(readdirSync(join(bench.cache, 'casd/cas/staging'))).toEqual([]);
      });

      test('comes back as an output, as it does where root builds', async () => {
        const { exitCode, record } = await bench.record(
          ['--outputs', 'd/e', '--outputs', 'g'],
          `${closed}; touch g; chmod 0 g`,
        );
        expect(exitCode).toBe(0);
        expect(record.outputs.map(({ path }) => path).sort()).toEqual(['d/e', 'g']);
        expect(bench.read('d/e/f')).toBe('x\n');
      });

      test('does not end the daemon when the build runs out of time or is cancelled', async () => {
        await bench.command('casd', 'start');
        const late = await bench.run(['--timeout', '1s'], `${closed}; sleep 100`);
        expect([late.exitCode, late.stderr]).toEqual([
          137,
          expect.stringContaining('within its timeout of 1 s'),
        ]);
        const run = bench.startRun([], `${closed}; echo started; sleep 100`);
        await run.said('started');
        run.child.kill('SIGTERM');
        expect((await run.ended).exitCode).toBe(143);
        expect((await bench.command('casd', 'status')).exitCode).toBe(0);
      });

      test('and was left by a run that was killed does not stop the next', async () => {
        const left = join(bench.cache, 'casd/cas/staging/left/d');
        mkdirSync(left, { recursive: true });
        mkdirSync(join(left, 'e'));
        const folders = [bench.cache, 'casd', 'cas', 'staging', 'left', 'd', 'e'];
        folders.forEach((_, i) => chownSync(join(...folders.slice(0, i + 1)), USER.uid, USER.gid));
        chmodSync(left, 0);
        expect((await bench.run([], 'true')).exitCode).toBe(0);
        expect(readdirSync(join(bench.cache, 'casd/cas/staging'))).toEqual([]);
      });
    });

    test('a cancel leaves nothing', async () => {
      const run = bench.startRun([], 'echo started; sleep 300');
      await run.said('started');
      run.child.kill('SIGTERM');
      expect((await run.ended).exitCode).toBe(143);
    });
  });

  describe('the action', () => {
    let runner: Runner;

    beforeEach(async () => {
      runner = await startRunner({ user: USER });
    });

    afterEach(() => runner.dispose());

    test('builds in main and cleans up in post', async () => {
      const workspace = mkdtempSync('/var/tmp/workspace-');
      chownSync(workspace, USER.uid, USER.gid);
      try {
        const { exitCode, outputs, post, leftovers } = await runner.runJob({
          action: place,
          inputs: { run: 'echo made > out', outputs: 'out' },
          workspace,
          environment: { RUNNER_TOOL_CACHE: toolCache, PATH: '/usr/local/bin:/usr/bin:/bin' },
        });
        expect([exitCode, outputs.result, post?.exitCode, leftovers]).toEqual([0, 'built', 0, []]);
      } finally {
        rmSync(workspace, { recursive: true });
      }
    });
  });
});
