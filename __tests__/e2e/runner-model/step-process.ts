import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { LogReader, type ReadLog } from './workflow-commands.js';

/** What the runner gives a step between its signals, and the streams after its end, in milliseconds. */
export interface Patience {
  readonly interrupt: number;
  readonly terminate: number;
  readonly streams: number;
}

export const REAL_PATIENCE: Patience = { interrupt: 7500, terminate: 2500, streams: 5000 };

export interface StageResult extends ReadLog {
  /** The exit code, or 128 + signal. */
  readonly exitCode: number;
  /** Everything the step printed. */
  readonly log: string;
  /** Whether somebody still held stdout or stderr when the runner had lost its patience. */
  readonly heldStreams: boolean;
  readonly milliseconds: number;
}

export interface StageOptions {
  readonly argv: readonly [string, ...string[]];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  readonly patience: Patience;
}

export interface RunningStage {
  readonly pid: number;
  readonly result: Promise<StageResult>;
  /** Everything printed so far. */
  readonly log: () => string;
  /** SIGINT, then SIGTERM, then SIGKILL, to the step's own process alone, as the runner does. */
  readonly cancel: () => Promise<void>;
}

/** Runs main or post the way the runner does: stdin closed, the two streams on pipes and read line by line. */
export function startStage(options: StageOptions): RunningStage {
  const [file, ...args] = options.argv;
  const began = performance.now();
  const child = spawn(file, args, {
    cwd: options.directory,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options.user,
  });
  const reader = new LogReader();
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    readLines(stream, (text) => {
      chunks.push(`${text}\n`);
      reader.line(text);
    });
  }
  return {
    pid: child.pid ?? 0,
    log: () => chunks.join(''),
    cancel: () => cancel(child, options.patience),
    result: ended(child, options.patience).then(({ exitCode, heldStreams }) => ({
      ...reader.result(),
      exitCode,
      heldStreams,
      log: chunks.join(''),
      milliseconds: performance.now() - began,
    })),
  };
}

/** Lines end with LF, CR or both. */
function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const complete = rest + chunk;
    // A CR at the end may be the first half of CR LF.
    const lines = complete.replace(/\r$/, '').split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (complete.endsWith('\r') ? '\r' : '');
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest.replace(/\r$/, ''));
  });
}

async function ended(
  child: ChildProcess,
  patience: Patience,
): Promise<{ exitCode: number; heldStreams: boolean }> {
  const closed = new Promise<false>((resolve) => child.once('close', () => resolve(false)));
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
  const heldStreams = await Promise.race([closed, sleep(patience.streams, true, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { exitCode, heldStreams };
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

async function cancel(child: ChildProcess, patience: Patience): Promise<void> {
  const exited = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const [signal, milliseconds] of [
    ['SIGINT', patience.interrupt],
    ['SIGTERM', patience.terminate],
  ] as const) {
    child.kill(signal);
    if (await Promise.race([exited, sleep(milliseconds, false, { ref: false })])) return;
  }
  child.kill('SIGKILL');
  await exited;
}
