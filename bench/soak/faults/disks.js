import { execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const USUAL = 'size=16g,nr_inodes=200k';

/** Leaves a disk no more room than it needs at this moment, and a few pages or files more, for a while. */
export async function fillDisk({ disk, of, slack, after, hold }, { place }) {
  await sleep(after);
  const path = place.disks[disk];
  if (!resize(path, of === 'bytes' ? bytesOf(path, slack) : inodesOf(path, slack))) return undefined;
  await sleep(hold);
  resize(path, USUAL);
  return path;
}

/** At least one page: a size of 0 stands for a disk without a limit, which can be given none again. */
function bytesOf(path, slack) {
  const { blocks, bfree, bsize } = statfsSync(path);
  return `size=${Math.max(blocks - bfree + slack, 1) * bsize}`;
}

function inodesOf(path, slack) {
  const { files, ffree } = statfsSync(path);
  return `nr_inodes=${files - ffree + slack}`;
}

/** @returns whether it could be done: what was written meanwhile makes it too small */
function resize(path, options) {
  try {
    execFileSync('mount', ['-o', `remount,${options}`, path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
