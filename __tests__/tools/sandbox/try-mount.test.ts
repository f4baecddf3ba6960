import { spawnSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { whyNotMounting } from '../../../src/tools/sandbox/try-mount.js';
import { findOnHost, inTemporaryFolder, makeContext, writeProgram } from '../support.js';

const fusermount = findOnHost('fusermount3');

function mountsBelow(folder: string): string {
  return spawnSync('grep', ['-F', folder, '/proc/mounts'], { encoding: 'utf8' }).stdout;
}

describe('a mount by fusermount3', () => {
  (fusermount === undefined ? test.skip : test)('succeeds on this machine, and nothing is left of it', () =>
    inTemporaryFolder(async (folder) => {
      expect(await whyNotMounting(fusermount ?? '', folder, makeContext(folder))).toBeUndefined();
      expect(mountsBelow(folder)).toBe('');
    }),
  );

  test('that is refused is told in its words', () =>
    inTemporaryFolder(async (folder) => {
      const words = 'fusermount3: mount failed: Permission denied';
      const program = await writeProgram(folder, 'fusermount3', `echo '${words}' >&2; exit 1`);
      expect(await whyNotMounting(program, join(folder, 'work'), makeContext(folder))).toBe(words);
    }));

  test('that cannot be tried is told as well', () =>
    inTemporaryFolder(async (folder) => {
      const program = await writeProgram(folder, 'fusermount3', 'true');
      await chmod(program, 0o644);
      expect(await whyNotMounting(program, folder, makeContext(folder))).toContain('EACCES');
    }));
});
