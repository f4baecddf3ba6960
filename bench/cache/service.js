import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * Starts the emulator of GitHub's cache service.
 *
 * @param node which loads TypeScript as it is
 * @param folder where it is to keep the archives
 * @returns what asks the emulator: a method for each of `CacheService` of cache-service.ts, each with a promise
 */
export async function startService(node, folder) {
  const child = fork(fileURLToPath(new URL('emulator.js', import.meta.url)), [], {
    execPath: node,
    execArgv: ['--no-warnings'],
    env: { ...process.env, TMPDIR: folder },
  });
  const gone = once(child, 'exit').then(([code]) => {
    throw new Error(`the emulator of the cache service ended with ${code}`);
  });
  gone.catch(() => undefined);
  await Promise.race([once(child, 'message'), gone]);
  const waiting = new Map();
  child.on('message', ([id, answer]) => {
    waiting.get(id)?.(answer);
    waiting.delete(id);
  });
  let asked = 0;
  const ask = (method, ...rest) => {
    const id = asked++;
    const answered = new Promise((resolve) => waiting.set(id, resolve));
    child.send([id, method, ...rest]);
    return Promise.race([answered, gone]);
  };
  return {
    environment: (scopes) => ask('environment', scopes),
    counts: () => ask('counts'),
    evict: (key) => ask('evict', key),
    entries: () => ask('entries'),
    close: () => ask('close'),
  };
}
