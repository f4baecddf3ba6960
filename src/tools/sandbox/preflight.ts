import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../errors.js';
import { runCommand } from '../../process/command.js';
import type { Machine } from '../../machine.js';
import { withOwnProc } from '../../process/own-proc.js';
import type { Bubblewrap } from './bubblewrap.js';
import { plainEnvironment } from '../child-environment.js';
import { diagnose, MASKED_PROC } from './diagnose.js';
import { fixHost, type FixHost } from './fix-host.js';
import { gatherSandboxFacts } from './sandbox-facts.js';
import type { ToolContext } from '../source.js';

export interface PreflightRequest {
  readonly bubblewrap: Bubblewrap;
  readonly fixHost: FixHost;
}

export interface SandboxReadiness {
  /** The absolute path of the `bwrap` that was tried. */
  readonly bwrap: string;
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
 * Proves that a sandbox starts here, before a build could be taken for a failing one because none does.
 *
 * @throws Fault with the cause and its remedy when none starts; the signal's reason when it is aborted.
 */
export async function preflight(request: PreflightRequest, context: ToolContext): Promise<SandboxReadiness> {
  return { bwrap: request.bubblewrap.bwrap, needsOwnProc: await startSandbox(request, context) };
}

/** @returns whether one starts only by `withOwnProc` */
async function startSandbox(
  { bubblewrap, fixHost: choice }: PreflightRequest,
  context: ToolContext,
): Promise<boolean> {
  const { exitCode, stderr } = await probe([bubblewrap.bwrap, ...PROBE], context);
  if (exitCode === 0) return false;
  if (stderr.includes(MASKED_PROC) && context.machine.uid === 0) {
    const again = await inTemporaryFolder(context.machine, (folder) =>
      probe([...withOwnProc(folder), bubblewrap.bwrap, ...PROBE], context),
    );
    if (again.exitCode === 0) return true;
  }
  const facts = await gatherSandboxFacts(bubblewrap, stderr, context.machine);
  const starts = async () => (await probe([bubblewrap.bwrap, ...PROBE], context)).exitCode === 0;
  if (await fixHost(choice, facts, context, starts)) return false;
  const { message, remedy } = diagnose(facts);
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
