import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../errors.js';
import { isRunning } from '../process/identity.js';
import type { CasdConnection } from './connection.js';
import { casdEnded } from './faults.js';
import type { CacheFolder } from '../local/folder.js';
import { casdLogTail } from './log-tail.js';
import { compare, type Sample, type Standstill, type Trouble, troubleOf } from './progress.js';
import { readUsage } from './usage.js';

const INTERVAL = 500;
const ANSWER_DEADLINE = 5000;

/**
 * Aborts when the daemon ends, falls silent, or makes no progress with what it is asked for: by themselves neither its
 * calls nor a build in the sandbox notice. However slow, it may take its time as long as it does something.
 */
export function watchCasd(
  folder: CacheFolder,
  casd: CasdConnection,
): Disposable & { readonly signal: AbortSignal } {
  const found = new AbortController();
  const over = new AbortController();
  watch(folder, casd, over.signal).then(
    (fault) => found.abort(fault),
    () => undefined,
  );
  return { signal: found.signal, [Symbol.dispose]: () => over.abort() };
}

async function watch(folder: CacheFolder, casd: CasdConnection, over: AbortSignal): Promise<Fault> {
  let standstill: Standstill | undefined;
  for (;;) {
    await sleep(INTERVAL, undefined, { signal: over, ref: false });
    if (!isRunning(casd.state.process)) return casdEnded(folder);
    standstill = compare(standstill, await look(casd, over));
    const trouble = troubleOf(standstill);
    if (trouble !== undefined) return faultOf(trouble, standstill.sample, folder, casd);
  }
}

async function look(casd: CasdConnection, over: AbortSignal): Promise<Sample> {
  const usage = await readUsage(casd, over, ANSWER_DEADLINE).catch(() => undefined);
  over.throwIfAborted();
  const { pid } = casd.state.process;
  return { at: performance.now(), usage, ...activityOf(pid), awaited: await casd.demand.awaited() };
}

/** What the kernel counts of a process (proc(5)): a thread in state D waits for a disk. */
function activityOf(pid: number): Pick<Sample, 'moved' | 'worked' | 'onDisk'> {
  try {
    const fields = afterName(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    const threads = readdirSync(`/proc/${pid}/task`);
    return {
      moved: readOrNothing(`/proc/${pid}/io`),
      worked: Number(fields[11]) + Number(fields[12]),
      onDisk: threads.some((id) => afterName(readOrNothing(`/proc/${pid}/task/${id}/stat`))[0] === 'D'),
    };
  } catch {
    return { moved: '', worked: 0, onDisk: false };
  }
}

/** The fields that follow the name, which may hold anything. */
function afterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function faultOf(trouble: Trouble, { usage }: Sample, folder: CacheFolder, { state }: CasdConnection): Fault {
  const log = casdLogTail(folder);
  const again = `\`buildbox-ci casd stop\` ends it, and the next run starts another.`;
  const name = `casd (process ${state.process.pid})`;
  switch (trouble) {
    case 'silent':
      return new Fault(`${name} does not answer any more`, { log, remedy: `Something stopped it. ${again}` });
    case 'idle':
      return new Fault(`${name} does nothing with what it was given`, { log, remedy: again });
    case 'full':
      return new Fault(
        `the local cache is full: ${name} holds ${usage?.size} of ${usage?.quota} bytes, waits for space, and gets none`,
        {
          log,
          remedy: `Raise \`cache-quota\`, or free space on the disk that holds ${folder.root}. Should it hold less than it says: ${again}`,
        },
      );
  }
}
