import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../errors.js';
import { runCommand } from '../process/command.js';
import type { Machine } from '../machine.js';
import { withOwnProc } from '../process/own-proc.js';
import type { Bubblewrap } from './bubblewrap.js';
import { plainEnvironment } from './child-environment.js';
import { diagnose, MASKED_PROC } from './diagnose.js';
import { gatherFuseFacts, whyCopying } from './fuse.js';
import { gatherSandboxFacts } from './sandbox-facts.js';
import type { BuildBox, ToolContext } from './source.js';

export interface SandboxReadiness {
  /** The absolute path of the `bwrap` that was tried. */
  readonly bwrap: string;
  readonly staging: 'fuse' | 'copy';
  /** Why inputs are copied, as one line; null with `fuse`. */
  readonly stagingReason: string | null;
  /** Whether a sandbox starts only by `withOwnProc`. */
  readonly needsOwnProc: boolean;
}

/** A sandbox starts in 5 ms; milliseconds. */
const PROBE_DEADLINE = 15_000;

/**
 * The namespaces that a build's sandbox is made of, two of users among them where it is no root: one to mount /dev/pts
 * in, one for its number. A shell is on every machine at that path, `true` is not.
 */
const PROBE = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts', '--uid', '1000'],
  ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '/bin/sh', '-c', ':'],
];

/**
 * Proves that a sandbox starts here, before a build could be taken for a failing one because none does; and finds
 * out whether inputs can be mounted.
 *
 * @throws Fault with the cause and its remedy when none starts; the signal's reason when it is aborted.
 */
export async function preflight(
  bubblewrap: Bubblewrap,
  buildbox: BuildBox,
  context: ToolContext,
): Promise<SandboxReadiness> {
  const [facts, needsOwnProc] = await Promise.all([
    gatherFuseFacts(context.machine, buildbox.fuse !== undefined),
    startSandbox(bubblewrap, context),
  ]);
  const stagingReason = whyCopying(facts);
  const staging = stagingReason === null ? 'fuse' : 'copy';
  return { bwrap: bubblewrap.bwrap, staging, stagingReason, needsOwnProc };
}

/** @returns whether one starts only by `withOwnProc` */
async function startSandbox(bubblewrap: Bubblewrap, context: ToolContext): Promise<boolean> {
  const { exitCode, stderr } = await probe([bubblewrap.bwrap, ...PROBE], context);
  if (exitCode === 0) return false;
  if (stderr.includes(MASKED_PROC) && context.machine.uid === 0) {
    const again = await inTemporaryFolder(context.machine, (folder) =>
      probe([...withOwnProc(folder), bubblewrap.bwrap, ...PROBE], context),
    );
    if (again.exitCode === 0) return true;
  }
  const { message, remedy } = diagnose(await gatherSandboxFacts(bubblewrap, stderr, context.machine));
  throw new Fault(message, { remedy, log: stderr });
}

function probe(argv: readonly string[], { signal, machine }: ToolContext) {
  const environment = plainEnvironment(machine);
  return runCommand(argv, { signal, deadline: PROBE_DEADLINE, environment, directory: '/' });
}

async function inTemporaryFolder<T>(
  { temporary }: Machine,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(temporary, 'proc-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
