import { type ChildProcess, fork } from 'node:child_process';
import { messageOf } from '../errors.js';

export interface HelperProgram {
  /** The Node that runs it. */
  readonly node: string;
  /** One of our own bundles. */
  readonly program: string;
  readonly words?: readonly string[];
  /** Absolute. */
  readonly folder: string;
  /** All that it gets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A process of our own that answers by messages. It prints nothing. */
export interface ForkedHelper {
  readonly child: ChildProcess;
  /** How it ended, when it has: also where it never started. */
  readonly gone: Promise<string>;
  /** Keeps this process alive until `rest`. */
  hold(): void;
  rest(): void;
}

/** Starts a helper at rest, in a process group of its own: a signal to this one's is not for it. */
export function forkHelper({ node, program, words = [], folder, environment }: HelperProgram): ForkedHelper {
  const child = fork(program, words, {
    execPath: node,
    execArgv: [],
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: environment,
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code ?? '?'}`));
  });
  const rest = () => {
    child.unref();
    child.channel?.unref();
  };
  rest();
  return {
    child,
    gone,
    rest,
    hold: () => {
      child.ref();
      child.channel?.ref();
    },
  };
}
