import { readFileSync, readlinkSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * The processes that belong to a soak: its folder is among their words, or one that started them is such a one. Others
 * on the machine run the same programs, and are never looked at.
 *
 * @returns each as `pid`, `parent`, `program` and `words`
 */
export function processesOf(root) {
  const all = new Map(readAll().map((one) => [one.pid, one]));
  const belongs = (one) =>
    one !== undefined &&
    one.pid !== process.pid &&
    (one.words.includes(root) || belongs(all.get(one.parent)));
  return [...all.values()].filter((one) => belongs(one));
}

/** What a process waits for: its state, and the functions of the kernel that each of its threads is in. */
export function waitOf({ pid }) {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
    const places = threads.map((thread) => readFileSync(`${thread}/wchan`, 'utf8'));
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) (\S+) .*/s, '$1');
    return `${state} in ${[...new Set(places)].join(', ')}`;
  } catch {
    return 'it has ended';
  }
}

/** Mount points at or below a folder, but for those given. */
export function mountsOf(root, own) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => (path === root || path.startsWith(`${root}/`)) && !own.includes(path));
}

/** Sends a signal; whoever is gone by now does not mind. */
export function sendSignal(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

function readAll() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [readOne(name)];
      } catch {
        return []; // It has ended.
      }
    })
    .filter((one) => one.words !== '');
}

function readOne(name) {
  const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  const status = readFileSync(`/proc/${name}/stat`, 'utf8');
  const [, parent] = status.slice(status.lastIndexOf(')') + 2).split(' ');
  return {
    pid: Number(name),
    parent: Number(parent),
    program: basename(readlinkSync(`/proc/${name}/exe`)),
    words,
  };
}
