import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { endProcess, identify } from '../process/identity.js';

/** What a server whose mount is gone may take to end by itself, in milliseconds; on a busy machine it does take a while. */
const GRACE = 2000;

/** Ends those who served these mounts: casd's buildbox-fuse has the mount point as its last argument. */
export async function endFuseServers(mounts: readonly string[]): Promise<void> {
  if (mounts.length === 0) return;
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const identity = identify(Number(name));
    if (identity !== undefined && (await serves(name, mounts))) await endProcess(identity, GRACE);
  }
}

async function serves(pid: string, mounts: readonly string[]): Promise<boolean> {
  const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''))
    .replace(/\0$/, '')
    .split('\0');
  return basename(argv[0] ?? '') === 'buildbox-fuse' && mounts.includes(argv.at(-1) ?? '');
}
