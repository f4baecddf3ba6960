import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from '../process/identity.js';
import { holdsMoreThan } from './count-processes.js';
import { initIn, isOver } from './sandbox-status.js';

/** Where the kernel does not brake it, a fork bomb makes some thousand processes in so many milliseconds. */
const INTERVAL = 200;
/** What the shim may take to put the staged tree in order, in milliseconds, before it is not waited for. */
const PATIENCE = 3000;
const POLL = 5;
/** What Node can wait for at most, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

export interface OverseenLimits {
  /** The most processes and threads at a time. */
  readonly processes: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export type Limit = 'memory' | 'processes' | 'timeout';

export interface Oversight extends Disposable {
  /** The limit by which the sandbox was ended. */
  readonly met: Limit | undefined;
  /** Ends the sandbox, and waits until the shim has done what it does after it. */
  stop(): Promise<void>;
}

/**
 * Ends a sandbox that meets a limit, by its first process: with it all others end. Where the kernel has been told a
 * limit of processes it refuses more of them and ends none; and not everywhere can it be told: see `makeProcessBrake`.
 * buildbox-run's timeout does not either: it kills the shim first, which then leaves unreadable folders, and those kill casd.
 *
 * @param status the file that bubblewrap and the shim write to
 * @param metInKernel the limit for which the kernel is known to have refused something, or ended somebody
 */
export function oversee(
  status: string,
  limits: OverseenLimits,
  metInKernel: () => Limit | undefined,
): Oversight {
  let init: ProcessIdentity | undefined;
  let met: Oversight['met'];
  let late: NodeJS.Timeout | undefined;
  const meet = (limit: Limit) => {
    if (init !== undefined && kill(init)) met ??= limit;
  };
  const look = () => {
    if (init === undefined) {
      init = findInit(status);
      if (init === undefined) return;
      late = setTimeout(() => meet('timeout'), Math.min(limits.timeout, LONGEST));
    }
    const limit = metInKernel() ?? (holdsMoreThan(init.pid, limits.processes) ? 'processes' : undefined);
    if (limit !== undefined) meet(limit);
  };
  const timer = setInterval(look, INTERVAL);
  return {
    get met() {
      // What was refused a process may have ended before anybody looked, and well, having done less than it should.
      return met ?? metInKernel();
    },
    async stop() {
      init ??= findInit(status);
      if (init === undefined) return;
      kill(init);
      const end = Date.now() + PATIENCE;
      while (!isOver(textOf(status)) && Date.now() < end) await sleep(POLL);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      clearTimeout(late);
    },
  };
}

function findInit(status: string): ProcessIdentity | undefined {
  const pid = initIn(textOf(status));
  return pid === undefined ? undefined : identify(pid);
}

/** Empty before bubblewrap is called. */
function textOf(status: string): string {
  try {
    return readFileSync(status, 'utf8');
  } catch {
    return '';
  }
}

/** Whether it was there to be killed. */
function kill(identity: ProcessIdentity): boolean {
  if (!isRunning(identity)) return false;
  try {
    return process.kill(identity.pid, 'SIGKILL');
  } catch {
    return false; // It ended by itself in between.
  }
}
