import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault, systemErrorCode } from '../errors.js';

const PATIENCE_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 10;

/**
 * Holds the right to start and stop the daemon of a cache folder. The lock is an abstract socket (unix(7)) named
 * after the folder's device and inode: the kernel frees it when its holder ends, however it ends.
 */
export async function lockFolder(folder: string, signal: AbortSignal): Promise<AsyncDisposable> {
  const { dev, ino } = statSync(folder);
  const name = `\0buildbox-action ${dev} ${ino}`;
  const end = Date.now() + PATIENCE_MILLISECONDS;
  for (;;) {
    signal.throwIfAborted();
    const server = await listen(name);
    if (server !== undefined) return { [Symbol.asyncDispose]: () => close(server) };
    if (Date.now() > end) {
      throw new Fault(
        `another process has been starting or stopping casd in ${folder} for ${PATIENCE_MILLISECONDS / 1000} s`,
        {
          remedy: 'End it, or use another `cache-dir`.',
        },
      );
    }
    await sleep(RETRY_MILLISECONDS);
  }
}

function listen(name: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', (error) =>
      systemErrorCode(error) === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
