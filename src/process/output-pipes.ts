import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { runCommand } from './command.js';

/** What a child writes its output to, and where it is read. */
export interface OutputPipes extends Disposable {
  /** Its stdout and its stderr, for `spawn`. */
  readonly writers: readonly ['pipe', 'pipe'] | readonly [number, number];
  /** The same, to be read; undefined where they are those that `spawn` makes. */
  readonly readers: readonly [Readable, Readable] | undefined;
}

const DEADLINE = 15_000;

/**
 * Pipes that have a name for the kernel. What Node makes itself are sockets, and nobody can open one again: in a child
 * `echo > /dev/stderr` would fail. Where the file system of the folder has no pipes, sockets have to do.
 *
 * @param folder of this process alone; they are named there for a moment
 * @param searchPath where mkfifo is found
 */
export async function makeOutputPipes(
  folder: string,
  { searchPath, signal }: { readonly searchPath: string; readonly signal: AbortSignal },
): Promise<OutputPipes> {
  const stdout = join(folder, 'pipe-1');
  const stderr = join(folder, 'pipe-2');
  const command = ['mkfifo', '-m', '600', stdout, stderr];
  const made = await runCommand(command, { environment: { PATH: searchPath }, signal, deadline: DEADLINE });
  if (made.exitCode !== 0) {
    return { writers: ['pipe', 'pipe'], readers: undefined, [Symbol.dispose]: () => undefined };
  }
  const ends = [openPipe(stdout), openPipe(stderr)] as const;
  return {
    writers: [ends[0].writer, ends[1].writer],
    readers: [ends[0].reader, ends[1].reader],
    [Symbol.dispose]: () => ends.forEach(({ reader }) => reader.destroy()),
  };
}

/** The child has its own by now; as long as there are others, the readers come to no end. */
export function closeWriters({ writers }: OutputPipes): void {
  writers.forEach((writer) => {
    if (writer !== 'pipe') closeSync(writer);
  });
}

/** The reader comes first: whoever opens the other end waits for it. */
function openPipe(file: string): { readonly reader: Readable; readonly writer: number } {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(file, constants.O_WRONLY);
  rmSync(file);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}
