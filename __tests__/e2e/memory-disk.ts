import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { test } from '@jest/globals';

/** Whether a disk in memory can be mounted here: who runs the tests is root, and may. */
export const canMount =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/** A test that needs such a disk. */
export const testOnDisk = canMount ? test : test.skip;
if (!canMount) process.stderr.write('not root, or mounts are not allowed: small disks are not tried\n');

/**
 * @param size as mount takes it, such as `48m`
 * @param nodes how many files and folders it may hold
 */
export function mountDisk(path: string, size: string, nodes = 100_000): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},nr_inodes=${nodes}`, 'tmpfs', path]);
}

export function forbidWrites(path: string): void {
  execFileSync('mount', ['-o', 'remount,ro', path]);
}

export function allowWrites(path: string): void {
  execFileSync('mount', ['-o', 'remount,rw', path]);
}

export function resizeDisk(path: string, size: string): void {
  execFileSync('mount', ['-o', `remount,size=${size}`, path]);
}

/** Takes it away with all that is on it; does nothing where none is. */
export function unmountDisk(path: string): void {
  spawnSync('umount', ['-l', path]);
}
