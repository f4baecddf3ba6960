import { readFileSync, statfsSync } from 'node:fs';
import { diskOf } from '../../local/disk.js';
import type { FailureFacts } from './machine-failure.js';

const INTERVAL = 250;
/** Less than this is no room, in bytes. */
const LITTLE = 1_000_000;

export interface MachineWatch extends Disposable {
  /** What was seen until now. */
  seen(): Pick<FailureFacts, 'outOfMemory' | 'fullDisk'>;
}

/** Looks, while a build runs, at what may make it fail and is not its own. @param folders that it writes to */
export async function watchMachine(folders: readonly string[]): Promise<MachineWatch> {
  const disks = await Promise.all(folders.map(diskOf));
  const before = outOfMemoryKills();
  let fullDisk: string | undefined;
  const look = () => (fullDisk ??= disks.find(({ mount }) => isFull(mount))?.mount);
  const timer = setInterval(look, INTERVAL);
  return {
    seen() {
      look();
      return { outOfMemory: outOfMemoryKills() - before, fullDisk };
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function isFull(mount: string): boolean {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(mount);
    return bavail * bsize < LITTLE || (files > 0 && ffree === 0);
  } catch {
    return false;
  }
}

/** Since the machine was started, in all control groups (`oom_kill` of proc_vmstat(5)). */
function outOfMemoryKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
