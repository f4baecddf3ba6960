import type { Writable } from 'node:stream';

const tolerant = new WeakSet<Writable>();

/**
 * Lets a stream of ours fail without ending the run: the build goes on, and its result is stored. A reader that went
 * away (`| head`) has seen enough, and nobody is told; of anything else (a full disk) `tell` gets the first.
 */
export function tolerateWriteErrors(stream: Writable, tell: (error: NodeJS.ErrnoException) => void): void {
  if (tolerant.has(stream)) return;
  tolerant.add(stream);
  let told = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (told || error.code === 'EPIPE') return;
    told = true;
    tell(error);
  });
}
