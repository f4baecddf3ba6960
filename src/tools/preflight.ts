import { Fault } from '../errors.js';
import { runCommand } from '../process/command.js';
import type { Bubblewrap } from './bubblewrap.js';
import { plainEnvironment } from './child-environment.js';
import { diagnose } from './diagnose.js';
import { gatherFuseFacts, whyCopying } from './fuse.js';
import { gatherSandboxFacts } from './sandbox-facts.js';
import type { BuildBox, ToolContext } from './source.js';

export interface SandboxReadiness {
  /** The absolute path of the `bwrap` that was tried. */
  readonly bwrap: string;
  readonly staging: 'fuse' | 'copy';
  /** Why inputs are copied, as one line; null with `fuse`. */
  readonly stagingReason: string | null;
}

/** A sandbox starts in 5 ms; milliseconds. */
const PROBE_DEADLINE = 15_000;

/** The namespaces that a build's sandbox is made of. A shell is on every machine at that path, `true` is not. */
const PROBE = [
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
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
  const [facts] = await Promise.all([
    gatherFuseFacts(context.machine, buildbox.fuse !== undefined),
    startSandbox(bubblewrap, context),
  ]);
  const stagingReason = whyCopying(facts);
  return { bwrap: bubblewrap.bwrap, staging: stagingReason === null ? 'fuse' : 'copy', stagingReason };
}

async function startSandbox(bubblewrap: Bubblewrap, context: ToolContext): Promise<void> {
  const { exitCode, stderr } = await runCommand([bubblewrap.bwrap, ...PROBE], {
    signal: context.signal,
    deadline: PROBE_DEADLINE,
    environment: plainEnvironment(context.machine),
    directory: '/',
  });
  if (exitCode === 0) return;
  const { message, remedy } = diagnose(await gatherSandboxFacts(bubblewrap, stderr, context.machine));
  throw new Fault(message, { remedy, log: stderr });
}
