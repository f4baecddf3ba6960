import { mkdtempSync, realpathSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { diskOf, mountOf } from '../../src/local/disk.js';

const MOUNTINFO = [
  '22 1 8:1 / / rw - ext4 /dev/vda rw',
  '30 22 8:2 / /mnt/disk rw - ext4 /dev/vdb rw',
  '31 22 8:3 / /mnt/with\\040blank rw - ext4 /dev/vdc rw',
  '32 30 8:4 / /mnt/disk/deep rw - ext4 /dev/vdd rw',
  '',
].join('\n');

describe('mountOf', () => {
  test.each([
    ['/home/me', '/'],
    ['/mnt/disk', '/mnt/disk'],
    ['/mnt/disk/cache', '/mnt/disk'],
    ['/mnt/disk/deep/cache', '/mnt/disk/deep'],
    ['/mnt/diskette', '/'],
    ['/mnt/with blank/x', '/mnt/with blank'],
  ])('%s is on %s', (path, mount) => expect(mountOf(MOUNTINFO, path)).toBe(mount));
});

describe('diskOf', () => {
  test('finds the disk of a folder that is still to be made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'disk-'));
    const { mount, free, freeNodes } = await diskOf(join(folder, 'not', 'there'));
    expect(realpathSync(folder).startsWith(mount)).toBe(true);
    expect(free).toBeLessThanOrEqual(statfsSync(folder).bsize * statfsSync(folder).blocks);
    expect(free).toBeGreaterThan(0);
    expect(freeNodes).toBeLessThanOrEqual(statfsSync(folder).files || Infinity);
    expect(freeNodes).toBeGreaterThan(0);
    rmSync(folder, { recursive: true });
  });
});
