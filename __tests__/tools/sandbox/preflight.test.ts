import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { preflight, type PreflightRequest } from '../../../src/tools/sandbox/preflight.js';
import { findOnHost, inTemporaryFolder, makeContext, writeProgram } from '../support.js';

const requestOf = (program: string): PreflightRequest => ({
  bubblewrap: { bwrap: program, source: 'path' },
  fixHost: 'never',
});

const bwrap = findOnHost('bwrap');
const unshare = findOnHost('unshare');
const works = bwrap !== undefined && unshare !== undefined;

(works ? describe : describe.skip)('on this machine', () => {
  test('a sandbox starts', () =>
    inTemporaryFolder(async (folder) => {
      const readiness = await preflight(requestOf(bwrap ?? ''), makeContext(folder));
      expect(readiness.bwrap).toBe(bwrap);
    }));

  test('a real limit of namespaces is told as such', () =>
    inTemporaryFolder(async (folder) => {
      const limited = await writeProgram(
        folder,
        'bwrap',
        `exec unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces; exec ${bwrap ?? ''} "$@"' sh "$@"`,
      );
      await expect(preflight(requestOf(limited), makeContext(folder))).rejects.toMatchObject({
        name: 'Fault',
        message: expect.stringContaining('limit of namespaces'),
        remedy: expect.stringContaining('user.max_user_namespaces'),
        log: expect.stringContaining('ENOSPC'),
      });
    }));
});

describe('a bwrap', () => {
  test('that fails in a way nobody knows is told in its own words', () =>
    inTemporaryFolder(async (folder) => {
      const broken = await writeProgram(folder, 'bwrap', 'echo "bwrap: Something new" >&2; exit 1');
      await expect(preflight(requestOf(broken), makeContext(folder))).rejects.toMatchObject({
        message: expect.stringContaining('bwrap: Something new'),
        remedy: expect.stringContaining(`by hand: ${broken}`),
      });
    }));

  test('that is gone is an error that names it', () =>
    inTemporaryFolder(async (folder) => {
      const gone = join(folder, 'bwrap');
      await expect(preflight(requestOf(gone), makeContext(folder))).rejects.toThrow(
        `could not start ${gone}`,
      );
    }));

  test('that hangs ends with the abort', () =>
    inTemporaryFolder(async (folder) => {
      const hanging = await writeProgram(folder, 'bwrap', 'exec sleep 60');
      const context = makeContext(folder, {}, AbortSignal.timeout(100));
      await expect(preflight(requestOf(hanging), context)).rejects.toThrow(/timeout/);
    }));
});
