import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { groupsOf } from './control-group.js';

const USUAL = 4096;
const FOR_A_PROCESSOR = 256;
/** Left to everybody else on the machine. */
const SHARE = 0.8;
const LEAST = 32;

/**
 * How many processes and threads a build may have where nobody says so: enough for any honest one, and less than what
 * keeps the rest of the machine from starting any.
 *
 * @param room how many more the machine allows
 */
export function usualProcessLimit(processors: number, room: number): number {
  const wanted = Math.max(USUAL, processors * FOR_A_PROCESSOR);
  return Math.max(LEAST, Math.min(wanted, Math.floor(room * SHARE)));
}

export async function readProcessLimit(): Promise<number> {
  const rooms = await Promise.all([
    readNumber('/proc/sys/kernel/pid_max'),
    readNumber('/proc/sys/kernel/threads-max'),
    userRoom(),
    groupRoom(),
  ]);
  return usualProcessLimit(availableParallelism(), Math.min(...rooms));
}

/** By the limit of the user (`ulimit -u`), which does not hold for root. */
async function userRoom(): Promise<number> {
  if (process.getuid?.() === 0) return Infinity;
  const limits = await readFile('/proc/self/limits', 'utf8').catch(() => '');
  return numberIn(/^Max processes\s+(\S+)/m.exec(limits)?.[1]);
}

/** By the control groups that this process is in and those above them, as far as they can be seen. */
async function groupRoom(): Promise<number> {
  const groups = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  const folders = groupsOf(groups, 'pids').flatMap(({ mount, path }) => withParents(mount, path));
  return Math.min(Infinity, ...(await Promise.all(folders.map(roomIn))));
}

function withParents(mount: string, path: string): readonly string[] {
  return path === '/' ? [mount] : [join(mount, path), ...withParents(mount, dirname(path))];
}

async function roomIn(folder: string): Promise<number> {
  const [most, now] = await Promise.all([
    readNumber(join(folder, 'pids.max')),
    readNumber(join(folder, 'pids.current')),
  ]);
  return most === Infinity ? Infinity : Math.max(0, most - (now === Infinity ? 0 : now));
}

/** Infinity for a file that is not there, and for the words that mean no limit. */
async function readNumber(file: string): Promise<number> {
  return numberIn(await readFile(file, 'utf8').catch(() => undefined));
}

function numberIn(text: string | undefined): number {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : Infinity;
}
