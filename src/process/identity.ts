import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/**
 * Names one process for as long as the machine runs: a pid alone is used again. The start time is in clock ticks
 * since boot, as field 22 of `/proc/PID/stat` gives it (proc(5)).
 */
export const processIdentity = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  startTime: v.string(),
  boot: v.string(),
});

export type ProcessIdentity = v.InferOutput<typeof processIdentity>;

/** The identity of a running process; undefined when there is none with this pid. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const { state, startTime } = readStat(pid);
    if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
    return { pid, startTime, boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() };
  } catch {
    return undefined;
  }
}

function readStat(pid: number): {
  readonly state: string | undefined;
  readonly startTime: string | undefined;
} {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name in field 2 may hold blanks and parentheses; what follows its last `)` does not.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0], startTime: fields[19] };
}

export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now?.startTime === identity.startTime && now.boot === identity.boot;
}

/** Whether a process was stopped (SIGSTOP, a debugger): the kernel takes connections for it, and nobody serves them. */
export function isStopped({ pid }: ProcessIdentity): boolean {
  try {
    return /^[Tt]$/.test(readStat(pid).state ?? '');
  } catch {
    return false;
  }
}

/**
 * Ends a process: SIGTERM, a grace, SIGKILL. Does nothing to another process that has its pid by now. One that was
 * stopped goes on, so that it can end by itself.
 *
 * @param grace milliseconds between the two signals
 */
export async function endProcess(identity: ProcessIdentity, grace: number): Promise<void> {
  const gone = async (milliseconds: number) => {
    const end = Date.now() + milliseconds;
    while (isRunning(identity) && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
    return !isRunning(identity);
  };
  for (const [signal, wait] of [
    ['SIGTERM', grace],
    ['SIGKILL', 5000],
  ] as const) {
    if (!isRunning(identity)) return;
    try {
      process.kill(identity.pid, signal);
      process.kill(identity.pid, 'SIGCONT');
    } catch {
      return; // It ended by itself in between.
    }
    if (await gone(wait)) return;
  }
}
