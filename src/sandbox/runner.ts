import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { closeWriters, makeOutputPipes } from '../process/output-pipes.js';
import type { SandboxUser } from '../rootfs/accounts.js';
import type { Rootfs } from '../rootfs/rootfs.js';
import { makeMemoryGroup } from './memory-group.js';
import { makeProcessBrake } from './process-brake.js';
import { oversee, type OverseenLimits, type Oversight } from './oversee.js';
import type { SandboxStatus } from './sandbox-status.js';
import { type OutputLink, readLinks, readOdd, readStatus, writeShim } from './shim.js';

/** What buildbox-run is started with. */
export interface RunnerRequest {
  /** The encoded Action. */
  readonly action: Uint8Array;
  /** How many words its command has. */
  readonly commandLength: number;
  /** `unix:PATH` of the casd that has the action, its command and its input root. */
  readonly casd: string;
  readonly programs: SandboxPrograms;
  readonly staging: 'fuse' | 'copy';
  readonly rootfs: Pick<Rootfs, 'root' | 'binds' | 'hidden' | 'identity'>;
  /** Who the build is inside. */
  readonly user: SandboxUser;
  /** The declared outputs, relative to the root of the sandbox. */
  readonly outputs: readonly string[];
  readonly limits: SandboxLimits;
  /** A new, empty folder for this run alone; the caller removes it. */
  readonly workFolder: string;
  /** The PATH of the machine, for what bubblewrap itself needs. */
  readonly searchPath: string;
  readonly trackingId: string | undefined;
  /** Takes the build's output as it comes; the build waits for a taker that is slow. */
  readonly output: {
    readonly stdout: (chunk: Buffer) => Promise<void>;
    readonly stderr: (chunk: Buffer) => Promise<void>;
  };
}

/** What a sandbox is started with, all of them absolute. */
export interface SandboxPrograms {
  /** buildbox-run for bubblewrap. */
  readonly runner: string;
  readonly bwrap: string;
  /** Whether a sandbox starts only by `withOwnProc`. */
  readonly needsOwnProc: boolean;
  /** util-linux's setpriv, where the machine has it. */
  readonly setpriv: string | undefined;
  /** util-linux's prlimit, likewise. */
  readonly prlimit: string | undefined;
  /** What a command is started by so that it ends with a broken pipe. */
  readonly starter: readonly string[];
}

/** What a build may take of the machine. It is no part of the action: who meets a limit fails, and that is not kept. */
export interface SandboxLimits extends OverseenLimits {
  /** The most bytes of memory; undefined for what the machine has. */
  readonly memory: number | undefined;
  /** The most bytes in /tmp, and in /dev/shm again; undefined for half of the memory each. */
  readonly tmpSize: number | undefined;
}

/** What was left after buildbox-run ended: read the result, not the exit code. */
export interface RunnerOutcome {
  /** The encoded ActionResult; undefined when there is none. */
  readonly result: Uint8Array | undefined;
  /** An encoded `google.rpc.Status`, where buildbox-run says why there is no proper result. */
  readonly errorStatus: Uint8Array | undefined;
  readonly sandbox: SandboxStatus;
  /** The limit by which the build was ended. */
  readonly met: Oversight['met'];
  /** Outputs that are symlinks, which the result lacks. */
  readonly links: readonly OutputLink[];
  /** Outputs that are a pipe, a socket or a device, which no result can hold. */
  readonly odd: readonly string[];
  /** How buildbox-run itself ended: `exit code 1`, `SIGABRT`. */
  readonly ending: string;
  /** buildbox-run's own log, apart from the build's output. */
  readonly log: string;
}

const ABORT_GRACE = 5000;

/**
 * Runs an action in a sandbox. An abort ends the build and all its children, then buildbox-run, by SIGTERM, which takes
 * its mounts with it; the outcome then is whatever was left.
 *
 * @throws Fault where a limit cannot be held
 */
export async function runAction(request: RunnerRequest, signal: AbortSignal): Promise<RunnerOutcome> {
  const { workFolder, programs, rootfs, limits } = request;
  const paths = {
    action: join(workFolder, 'action'),
    result: join(workFolder, 'action-result'),
    logs: join(workFolder, 'logs'),
  };
  await using memory = await makeMemoryGroup(limits.memory);
  await using brake = await makeProcessBrake(limits.processes, programs.prlimit, memory);
  const shim = await writeShim(workFolder, {
    ...request,
    ...programs,
    hidden: rootfs.hidden,
    ownAccounts: rootfs.root !== undefined,
    tmpSize: limits.tmpSize,
    brake: brake.means,
    memoryGroup: memory?.folder,
  });
  await writeFile(paths.action, request.action);
  await mkdir(paths.logs);
  using pipes = await makeOutputPipes(workFolder, { searchPath: request.searchPath, signal });

  const [program = '', ...words] = [
    ...WITH_A_UMASK,
    ...endingWithUs(programs.setpriv),
    programs.runner,
    ...runnerArguments(request, paths),
  ];
  const child = spawn(program, words, {
    cwd: workFolder,
    env: runnerEnvironment(request, shim.folder),
    detached: true,
    stdio: ['ignore', ...pipes.writers],
  });
  closeWriters(pipes);
  const [stdout, stderr] = pipes.readers ?? [child.stdout, child.stderr];
  using oversight = oversee(shim.files.status, limits, () => {
    if (memory?.hasKilled() === true) return 'memory';
    return brake.hasRefused() ? 'processes' : undefined;
  });
  const [ending] = await Promise.all([
    endOf(child, oversight, signal),
    forward(stdout ?? [], request.output.stdout),
    forward(stderr ?? [], request.output.stderr),
  ]);
  return {
    result: await readFile(paths.result).catch(() => undefined),
    errorStatus: await readFile(`${paths.result}.error-status`).catch(() => undefined),
    sandbox: await readStatus(shim),
    met: oversight.met,
    links: await readLinks(shim),
    odd: readOdd(shim),
    ending,
    log: await readLogs(paths.logs),
  };
}

/** buildbox-run makes folders for the outputs, and theirs must not be the job's umask, which no action names. */
const WITH_A_UMASK = ['/bin/sh', '-c', 'umask 022; exec "$@"', 'sh'];

/** Has the kernel end buildbox-run, and so the build, should this process be killed without a chance to do it. */
function endingWithUs(setpriv: string | undefined): readonly string[] {
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM', '--'];
}

function runnerArguments(
  { casd, staging, rootfs }: RunnerRequest,
  paths: { action: string; result: string; logs: string },
) {
  return [
    `--remote=${casd}`,
    `--action=${paths.action}`,
    `--action-result=${paths.result}`,
    `--log-directory=${paths.logs}`,
    '--log-level=warning',
    '--no-logs-capture',
    `--staging-mode=${staging === 'fuse' ? 'fuse' : 'copy-or-link'}`,
    ...rootfs.binds.map(({ source, target }) => `--ro-bind-mount=${rootfs.identity}:${source}:${target}`),
  ];
}

/** An allow-list: what buildbox-run has, bubblewrap gets, and a token must not get even that far. */
function runnerEnvironment(request: RunnerRequest, shimFolder: string): Record<string, string> {
  return {
    PATH: [shimFolder, dirname(request.programs.runner), request.searchPath].join(':'),
    ...(request.trackingId === undefined ? {} : { RUNNER_TRACKING_ID: request.trackingId }),
  };
}

async function forward(
  output: AsyncIterable<Buffer> | readonly Buffer[],
  take: (chunk: Buffer) => Promise<void>,
): Promise<void> {
  for await (const chunk of output) await take(chunk);
}

function endOf(child: ChildProcess, oversight: Oversight, signal: AbortSignal): Promise<string> {
  let killTimer: NodeJS.Timeout | undefined;
  const stop = () => {
    void oversight.stop().then(() => {
      child.kill('SIGTERM');
      killTimer = setTimeout(() => child.kill('SIGKILL'), ABORT_GRACE);
    });
  };
  return new Promise<string>((resolve, reject) => {
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code, by) => resolve(by ?? `exit code ${code ?? 0}`));
  }).finally(() => {
    clearTimeout(killTimer);
    signal.removeEventListener('abort', stop);
  });
}

async function readLogs(folder: string): Promise<string> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return [...new Set(texts.join('').trimEnd().split('\n'))].join('\n');
}
