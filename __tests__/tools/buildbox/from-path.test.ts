import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { fromPath, isBubblewrapRunner } from '../../../src/tools/buildbox/from-path.js';
import { inTemporaryFolder, makeContext, printsVersion, writeProgram } from '../support.js';

const ANY = { source: 'path', version: undefined, url: undefined, sha256: undefined } as const;
const CAPABLE = 'if [ "$1" = --capabilities ]; then echo no-logs-capture; echo bind-mount; fi';

async function find(folder: string, version?: string, path: readonly string[] = [folder]) {
  const context = makeContext(join(folder, 'tools'), { path });
  return { answer: await fromPath.find({ ...ANY, version }, context), warnings: context.warnings };
}

describe('BuildBox on PATH', () => {
  test('is found with its version, and the runner that names bubblewrap is preferred', () =>
    inTemporaryFolder(async (folder) => {
      for (const name of ['buildbox-casd', 'buildbox-fuse'])
        await writeProgram(folder, name, printsVersion(name, '1.4.25'));
      await writeProgram(folder, 'buildbox-run', CAPABLE);
      await writeProgram(folder, 'buildbox-run-bubblewrap', CAPABLE);
      expect((await find(folder)).answer).toEqual({
        version: '1.4.25',
        source: 'path',
        casd: join(folder, 'buildbox-casd'),
        run: join(folder, 'buildbox-run-bubblewrap'),
        fuse: join(folder, 'buildbox-fuse'),
      });
    }));

  test('is taken with a buildbox-run that can bind folders or is a link to the bubblewrap runner', () =>
    inTemporaryFolder(async (folder) => {
      await writeProgram(folder, 'buildbox-casd', printsVersion('casd', '1.4.25'));
      await writeProgram(folder, 'buildbox-run', CAPABLE);
      expect((await find(folder)).answer).toMatchObject({
        run: join(folder, 'buildbox-run'),
        fuse: undefined,
      });
      const linked = join(folder, 'linked');
      await mkdir(linked);
      await writeProgram(linked, 'buildbox-casd', printsVersion('casd', '1.4.25'));
      await mkdir(join(folder, 'hidden'));
      await symlink(
        await writeProgram(join(folder, 'hidden'), 'buildbox-run-bubblewrap', 'exit 1'),
        join(linked, 'buildbox-run'),
      );
      expect((await find(linked)).answer).toMatchObject({ run: join(linked, 'buildbox-run') });
    }));

  test('is declined with a runner of another kind', () =>
    inTemporaryFolder(async (folder) => {
      const casd = await writeProgram(folder, 'buildbox-casd', printsVersion('casd', '1.4.25'));
      await writeProgram(folder, 'buildbox-run', 'echo no-logs-capture');
      expect((await find(folder)).answer).toEqual({
        declined: `${casd} is there, but no bubblewrap runner (buildbox-run-bubblewrap) on PATH`,
      });
    }));

  test('is declined in another version than the one that was asked for, naming both', () =>
    inTemporaryFolder(async (folder) => {
      const casd = await writeProgram(folder, 'buildbox-casd', printsVersion('casd', '1.4.25'));
      await writeProgram(folder, 'buildbox-run-bubblewrap', CAPABLE);
      expect((await find(folder, '1.4.30')).answer).toEqual({
        declined: `${casd} is version 1.4.25, not 1.4.30`,
      });
      expect((await find(folder, '1.4.25')).answer).toMatchObject({ version: '1.4.25' });
    }));

  test('does without a buildbox-fuse of another version, and says so', () =>
    inTemporaryFolder(async (folder) => {
      await writeProgram(folder, 'buildbox-casd', printsVersion('casd', '1.4.25'));
      await writeProgram(folder, 'buildbox-run-bubblewrap', CAPABLE);
      await writeProgram(folder, 'buildbox-fuse', printsVersion('fuse', '1.3.11'));
      const { answer, warnings } = await find(folder);
      expect(answer).toMatchObject({ version: '1.4.25', fuse: undefined });
      expect(warnings).toEqual([expect.stringMatching(/buildbox-fuse is version 1\.3\.11 .* 1\.4\.25/)]);
    }));

  test('is not there', () =>
    inTemporaryFolder(async (folder) => {
      expect((await find(folder)).answer).toEqual({ declined: 'no buildbox-casd on PATH' });
    }));
});

test.each([
  ['no-logs-capture\nbind-mount\nplatform:ISA=x86-64\n', '', true],
  ['no-logs-capture\n', '', false],
  ['', 'Could not find bubblewrap command "bwrap"\n', true],
  ['', 'runc: not found\n', false],
])('a runner that prints %j and complains %j: bubblewrap %s', (capabilities, complaint, expected) => {
  expect(isBubblewrapRunner(capabilities, complaint)).toBe(expected);
});
