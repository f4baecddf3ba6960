import { readdirSync, readFileSync } from 'node:fs';

/**
 * Whether a process and all that it and its children started have more than so many threads, each process having one
 * at least. Reads no more than it takes to know.
 */
export function holdsMoreThan(root: number, limit: number): boolean {
  let count = 0;
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const threads = threadsOf(pid);
    count += threads.length;
    if (count > limit) return true;
    for (const thread of threads) waiting.push(...childrenOf(pid, thread));
  }
  return false;
}

/** Empty for a process that has ended in between. */
function threadsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** As proc(5) lists them, where the kernel is built so, which those of the distributions are. */
function childrenOf(pid: number, thread: string): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').trim();
    return text === '' ? [] : text.split(' ').map(Number);
  } catch {
    return [];
  }
}
