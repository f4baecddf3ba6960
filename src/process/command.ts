import { type ChildProcess, spawn } from 'node:child_process';
import { Fault } from '../errors.js';
import { withTimeLimit } from '../async/time-limit.js';

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** How long the command may take, in milliseconds. */
  readonly deadline: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Where it runs; by default `/`, as a program may look for its settings from there upwards. */
  readonly directory?: string;
  readonly input?: string | Buffer;
}

export interface CommandResult {
  /** The exit code, or 128 + signal as a shell would say it. */
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const GRACE_MILLISECONDS = 2000;

/**
 * Runs a command to its end and keeps what it printed. The command leads a process group of its own, and the whole
 * group ends with the deadline or the abort: SIGTERM, a grace of two seconds, SIGKILL.
 *
 * @throws Fault when the command cannot be started or the deadline passes; the signal's reason when it is aborted.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  options.signal.throwIfAborted();
  const [file = '', ...rest] = argv;
  const child = spawn(file, rest, {
    cwd: options.directory ?? '/',
    env: options.environment,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = endOf(child, file);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  // One that could not be started for want of descriptors has no streams, whatever its type says.
  const streams: Partial<Pick<typeof child, 'stdin' | 'stdout' | 'stderr'>> = child;
  streams.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  streams.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  streams.stdin?.on('error', () => undefined); // A command that does not read its input closes it early.
  streams.stdin?.end(options.input ?? '');
  endWithUs(child);

  const stop = withTimeLimit(options.signal, options.deadline);
  const endGroup = () => endProcessGroup(child.pid);
  stop.addEventListener('abort', endGroup, { once: true });
  try {
    const exitCode = await ended;
    options.signal.throwIfAborted();
    if (stop.aborted) {
      throw new Fault(`${argv.join(' ')} did not end within ${options.deadline / 1000} s`, {
        log: Buffer.concat(stderr).toString(),
      });
    }
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
  } finally {
    stop.removeEventListener('abort', endGroup);
  }
}

function endOf(child: ChildProcess, file: string): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => reject(new Fault(`could not start ${file}: ${cause.message}`, { cause })));
    child.once('close', (code, signal) => resolve(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
  });
}

const running = new Set<number>();

/** Whoever leaves this process while a command still has its grace does not leave the command behind. */
function endWithUs(child: ChildProcess): void {
  const { pid } = child;
  if (pid === undefined) return;
  if (running.size === 0) process.on('exit', endAll);
  running.add(pid);
  child.once('close', () => {
    running.delete(pid);
    if (running.size === 0) process.off('exit', endAll);
  });
}

function endAll(): void {
  for (const pid of running) signalGroup(pid, 'SIGKILL');
}

function endProcessGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  signalGroup(pid, 'SIGTERM');
  setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MILLISECONDS).unref();
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}
