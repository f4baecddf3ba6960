import type { Writable } from 'node:stream';

/**
 * Writes, and waits for a reader that is slower than we are: what it has not taken is kept in memory, and a build may
 * print without end. A reader that has gone is not waited for, nor is anybody once the signal is aborted.
 */
export async function writePatiently(stream: Writable, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  let onTaken: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => (onTaken = resolve));
  const roomLeft = stream.write(bytes, () => onTaken());
  if (roomLeft || stream.destroyed || stream.errored !== null || signal?.aborted === true) return;
  stream.once('close', onTaken);
  signal?.addEventListener('abort', onTaken, { once: true });
  await taken;
  stream.off('close', onTaken);
  signal?.removeEventListener('abort', onTaken);
}
