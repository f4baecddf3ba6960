import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from '@jest/globals';
import { canMount } from './memory-disk.js';

/** Inodes of 128 bytes have no room for parts of a second. */
const MAKE = ['mkfs.ext2', '-q', '-F', '-I', '128'];

/** Mounts a disk whose time stamps have whole seconds; its image goes away with the mount. */
export function mountCoarseDisk(path: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'coarse-disk-'));
  const image = join(folder, 'image');
  try {
    writeFileSync(image, '');
    truncateSync(image, 8_000_000);
    execFileSync(MAKE[0] ?? '', [...MAKE.slice(1), image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, path], { stdio: 'ignore' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function unmountCoarseDisk(path: string): void {
  spawnSync('umount', ['-l', path]);
}

function canMountOne(): boolean {
  const place = mkdtempSync(join(tmpdir(), 'coarse-disk-'));
  try {
    mountCoarseDisk(place);
    return true;
  } catch {
    return false;
  } finally {
    unmountCoarseDisk(place);
    rmSync(place, { recursive: true });
  }
}

const canTry = canMount && canMountOne();

/** A test that needs such a disk. */
export const testOnCoarseDisk = canTry ? test : test.skip;
if (!canTry) process.stderr.write('no loop mounts here: a disk with coarse time stamps is not tried\n');
