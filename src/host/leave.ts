import type { Writable } from 'node:stream';

/**
 * Ends this process once all that it printed is written. To wait until nothing is open any more would be to wait for
 * others: a peer that takes a TCP connection and never says a word of TLS, or a host that drops what is sent to it,
 * keeps gRPC's connection open, and the process with it, long after the last call was given up.
 */
export async function leave(exitCode: number): Promise<never> {
  await Promise.all([process.stdout, process.stderr].map(written));
  process.exit(exitCode);
}

/** A reader that has gone is not waited for. */
function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored !== null) resolve();
    else stream.write('', () => resolve());
  });
}
