import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ensureBubblewrap } from '../../../src/tools/sandbox/bubblewrap.js';
import { whyNoFuseDevice } from '../../../src/tools/sandbox/fuse.js';
import { readHostPackages } from '../../../src/tools/packages/host-packages.js';
import { completeInstall, withUnfinished } from '../../../src/tools/buildbox/install.js';
import { installFolder } from '../../../src/tools/buildbox/layout.js';
import { inTemporaryFolder, linkPrograms, makeContext, writeProgram } from '../support.js';

const USER = 1001;
const hasFuse = (await whyNoFuseDevice()) === undefined;

/**
 * A machine of its own whose apt-get installs scripts into the PATH folder: the commands are ours, what they do is
 * played. `fuse3` brings a library along.
 */
async function makeMachine(folder: string, firstAnswer: 'works' | 'needs lists' | 'fails'): Promise<string> {
  const path = join(folder, 'path');
  await mkdir(path);
  await linkPrograms(path, ['sh', 'cat', 'chmod', 'env', 'touch', 'true', 'test']);
  await writeFile(join(folder, 'installed'), 'installed libc6\n');
  await writeProgram(path, 'dpkg-query', `cat ${folder}/installed`);
  const refusal = {
    works: '',
    'needs lists': `if ! test -e ${folder}/lists; then echo "E: Unable to locate package bubblewrap" >&2; exit 100; fi`,
    fails: 'echo "E: The mirror is gone" >&2; exit 100',
  }[firstAnswer];
  await writeProgram(
    path,
    'apt-get',
    `echo "apt-get $@" >> ${folder}/log; env > ${folder}/env
if test "$1" = update; then touch ${folder}/lists; exit 0; fi
${refusal}
for name; do case $name in
  bubblewrap) echo "installed bubblewrap" >> ${folder}/installed; file=bwrap;;
  fuse3) echo "installed fuse3" >> ${folder}/installed; echo "installed libfuse3-3" >> ${folder}/installed; file=fusermount3;;
  *) continue;;
esac; echo "#!/bin/sh" > ${path}/$file; chmod 755 ${path}/$file; done`,
  );
  return path;
}

describe('bubblewrap', () => {
  test('on PATH is taken, and root needs no fusermount3', () =>
    inTemporaryFolder(async (folder) => {
      const bwrap = await writeProgram(folder, 'bwrap', 'true');
      const started = performance.now();
      const found = await ensureBubblewrap(makeContext(join(folder, 'tools'), { path: [folder], uid: 0 }));
      expect(found).toEqual({ bwrap, source: 'path' });
      expect(performance.now() - started).toBeLessThan(50);
    }));

  test.each([
    ['works', ['apt-get install']],
    ['needs lists', ['apt-get install', 'apt-get update', 'apt-get install']],
  ] as const)('is installed by root, and what came with it is written down: apt-get %s', (answer, calls) =>
    inTemporaryFolder(async (folder) => {
      const path = await makeMachine(folder, answer);
      const context = makeContext(join(folder, 'tools'), {
        path: [path],
        uid: 0,
        environment: { GITHUB_TOKEN: 'secret' },
      });
      expect(await ensureBubblewrap(context)).toEqual({ bwrap: join(path, 'bwrap'), source: 'package' });
      const log = (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');
      expect(log.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(calls);
      expect(log[0]).not.toContain('fuse3');
      expect(await readHostPackages(context.toolFolder)).toEqual(['bubblewrap']);
      expect(await readFile(join(folder, 'env'), 'utf8')).not.toContain('secret');
      expect(context.phases).toEqual(['installing bubblewrap with apt-get']);
    }),
  );

  (hasFuse ? test : test.skip)('and fuse3 are installed in one call, through a sudo that asks nothing', () =>
    inTemporaryFolder(async (folder) => {
      const path = await makeMachine(folder, 'works');
      await writeProgram(
        path,
        'sudo',
        'test "$1" = -n || exit 1; shift; case $1 in --preserve-env=*https_proxy*DEBIAN_FRONTEND*) shift;; *) exit 1;; esac; exec "$@"',
      );
      const context = makeContext(join(folder, 'tools'), { path: [path], uid: USER });
      expect(await ensureBubblewrap(context)).toEqual({ bwrap: join(path, 'bwrap'), source: 'package' });
      expect(await readFile(join(folder, 'log'), 'utf8')).toMatch(/^apt-get install .* bubblewrap fuse3\n$/);
      expect(await readHostPackages(context.toolFolder)).toEqual(['bubblewrap', 'fuse3', 'libfuse3-3']);
    }),
  );

  (hasFuse ? test : test.skip)('on PATH is no reason to fail where fuse3 cannot be installed', () =>
    inTemporaryFolder(async (folder) => {
      const path = await makeMachine(folder, 'fails');
      await writeProgram(path, 'sudo', 'shift 2; exec "$@"');
      const bwrap = await writeProgram(path, 'bwrap', 'true');
      const context = makeContext(join(folder, 'tools'), { path: [path], uid: USER });
      expect(await ensureBubblewrap(context)).toEqual({ bwrap, source: 'path' });
      expect(context.warnings).toEqual([
        expect.stringMatching(/^fuse3 could not be installed: .*The mirror is gone$/),
      ]);
    }),
  );

  test('that was unpacked before is found again without a process', () =>
    inTemporaryFolder(async (folder) => {
      const tools = join(folder, 'tools');
      const target = installFolder(tools, 'bubblewrap', '0.8.0', 'unpacked');
      await withUnfinished(tools, async (unfinished) => {
        await mkdir(join(unfinished, 'made/bin'), { recursive: true });
        await writeProgram(join(unfinished, 'made/bin'), 'bwrap', 'true');
        const about = { tool: '0.8.0', origin: 'test' };
        await completeInstall(join(unfinished, 'made'), target, about, makeContext(tools));
      });
      const context = makeContext(tools, { path: [], uid: USER });
      expect(await ensureBubblewrap(context)).toEqual({
        bwrap: join(target, 'bin/bwrap'),
        source: 'unpacked',
      });
    }));

  test('that is nowhere to be had is an error with every reason and the way out', () =>
    inTemporaryFolder(async (folder) => {
      const refused = await makeMachine(folder, 'works');
      await writeProgram(refused, 'sudo', 'echo "sudo: a password is required" >&2; exit 1');
      for (const [path, reason] of [
        [
          join(folder, 'empty'),
          /no package manager on PATH .*apt-get, dnf, apk, pacman, zypper.*no apt-get on PATH/s,
        ],
        [refused, /neither root nor a sudo without a password.*no apt-config on PATH/s],
      ] as const) {
        await expect(
          ensureBubblewrap(makeContext(join(folder, 'tools'), { path: [path], uid: USER })),
        ).rejects.toMatchObject({
          name: 'Fault',
          message: expect.stringMatching(reason),
          remedy: expect.stringContaining('Install the package bubblewrap'),
        });
      }
      expect(await readdir(folder)).not.toContain('log');
    }));
});
