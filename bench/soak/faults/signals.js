import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf, sendSignal } from '../processes.js';

const POLL = 5;
const PARTS = /^(buildbox-.*|bwrap|node|git|mount)$/;

/**
 * Signals one process of the story, as soon as there is such a one and a while after that. What is stopped goes on after
 * `hold` milliseconds.
 *
 * @param scene `clis`: the process ids of the runs; `over`: whether all runs have ended
 * @returns the process that it came to, if there was one
 */
export async function signalProcess({ target, signal, after, hold, share }, scene) {
  const find = FINDERS[target] ?? ((scene) => named(target, scene));
  while (find(scene).length === 0) {
    if (scene.over()) return undefined;
    await sleep(POLL);
  }
  await sleep(after);
  const found = find(scene);
  const pid = found[Math.floor(share * found.length)];
  if (pid === undefined || !sendSignal(pid, signal)) return undefined;
  if (signal === 'SIGSTOP') {
    for (const end = Date.now() + hold; Date.now() < end && !scene.over();) await sleep(POLL);
    sendSignal(pid, 'SIGCONT');
  }
  return pid;
}

const FINDERS = {
  cli: ({ clis }) => clis(),
  /** What runs inside a sandbox. */
  build: (scene) =>
    running(scene, ({ program, words }) => !PARTS.test(program) && !words.includes(scene.place.root)),
  helper: (scene) => running(scene, ({ words }) => words.includes('folder-cache.js')),
};

function named(program, scene) {
  return running(scene, (one) => one.program === program);
}

function running({ place }, matches) {
  return processesOf(place.root)
    .filter((one) => !one.words.includes(place.remote) && matches(one))
    .map(({ pid }) => pid);
}
