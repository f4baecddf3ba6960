import { randomBytes } from 'node:crypto';
import type { BuildLog } from '../host.js';
import { LineBuffer } from './line-buffer.js';

export interface FencedLogOptions {
  readonly title: string;
  readonly startGroup: (title: string) => void;
  readonly endGroup: () => void;
  /** Everything goes to one stream: the runner reads two at its own pace, and the fence must not close too early. */
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Gets the build's output as it is written. */
  readonly onOutput: (bytes: Buffer) => void;
  readonly onClose: () => void;
}

/**
 * A group of the runner's log in which no line is a workflow command: the fence opens with a token that the build
 * cannot guess, and only that token on a line of its own closes it.
 */
export function openFencedLog(options: FencedLogOptions): BuildLog {
  const token = randomBytes(16).toString('hex');
  const stdout = new LineBuffer();
  const stderr = new LineBuffer();
  const writeOutput = async (bytes: Buffer) => {
    if (bytes.length === 0) return;
    options.onOutput(bytes);
    await options.write(bytes);
  };
  let open = true;

  options.startGroup(options.title);
  void options.write(Buffer.from(`::stop-commands::${token}\n`));
  return {
    stdout: (chunk) => writeOutput(stdout.push(chunk)),
    stderr: (chunk) => writeOutput(stderr.push(chunk)),
    close: () => {
      if (!open) return;
      open = false;
      void writeOutput(stdout.end());
      void writeOutput(stderr.end());
      void options.write(Buffer.from(`::${token}::\n`));
      options.endGroup();
      options.onClose();
    },
  };
}
