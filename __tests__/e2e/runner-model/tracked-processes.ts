import { readdir, readFile } from 'node:fs/promises';

export interface TrackedProcess {
  readonly pid: number;
  readonly command: string;
}

/** The processes whose environment carries this RUNNER_TRACKING_ID: what a job left behind. */
export async function findTracked(trackingId: string): Promise<readonly TrackedProcess[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => readTracked(pid, trackingId)));
  return found.filter((tracked) => tracked !== undefined);
}

/** Kills them, as the runner does when the job is over. */
export function killTracked(processes: readonly TrackedProcess[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

async function readTracked(pid: number, trackingId: string): Promise<TrackedProcess | undefined> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.split('\0').includes(`RUNNER_TRACKING_ID=${trackingId}`)) return undefined;
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').join(' ').trim();
    return { pid, command };
  } catch {
    return undefined; // It ended meanwhile, or is somebody else's.
  }
}
