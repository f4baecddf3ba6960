import { basename, join } from 'node:path';
import { type OutputSigns, readSigns } from '../../advice/output-signs.js';
import type { CasdConnection } from '../../casd/connection.js';
import { type CacheFolder, nameOf } from '../../local/folder.js';
import { searchableWork } from '../../casd/socket.js';
import { captureFiles } from '../../casd/store.js';
import { Fault } from '../../errors.js';
import { Action } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Host } from '../../host/host.js';
import type { Log } from '../../machine.js';
import { makeOwnFolder } from '../../process/own-folder.js';
import { removeTree } from '../../files/remove-tree.js';
import { ownSearchPath } from '../../process/own-programs.js';
import { EMPTY_DIGEST, type Digest } from '../../reapi/digest.js';
import type { SandboxUser } from '../../rootfs/accounts.js';
import { runAction, type SandboxLimits } from '../../sandbox/runner.js';
import { isCommandRunning } from '../../sandbox/shim.js';
import { workIn } from '../../system-errors.js';
import { notMountable, type StagingChoice } from './choose-staging.js';
import { machineCause } from './machine-failure.js';
import { OutputTee } from './output-tee.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { SandboxTools } from '../tool-finder.js';
import { judge, type Verdict } from './verdict.js';
import { type MachineWatch, watchMachine } from './watch-machine.js';

/** Seconds that buildbox-run waits beyond the timeout of an action. */
const BACKSTOP = 60;

export interface ExecuteRequest {
  readonly host: Host;
  readonly log: Log;
  readonly casd: CasdConnection;
  readonly folder: CacheFolder;
  readonly sandbox: SandboxTools;
  readonly prepared: PreparedAction;
  readonly title: string;
  /** How many words the command has. */
  readonly commandLength: number;
  readonly limits: SandboxLimits;
  readonly network: 'off' | 'on';
  /** Who the build is inside. */
  readonly user: SandboxUser;
  /** Whether a failure would be remembered, if it is the build's own. */
  readonly cacheFailures: boolean;
  readonly staging: StagingChoice;
}

export interface Execution {
  readonly verdict: Exclude<Verdict, { kind: 'not-mounted' }>;
  readonly staging: StagingChoice;
  readonly stdoutDigest: Digest;
  readonly stderrDigest: Digest;
  /** Of a build that failed: what of its output says why. */
  readonly signs: OutputSigns;
  /** Why a failure may not be the build's own; only where one would be remembered. */
  readonly machineCause: string | undefined;
}

/**
 * Runs the action in a sandbox on this machine. Where the inputs cannot be mounted after all, they are copied: what
 * makes a mount fail shows only when casd tries.
 */
export async function execute(request: ExecuteRequest, signal: AbortSignal): Promise<Execution> {
  return workIn(nameOf(request.folder), () => stageAndRun(request, signal));
}

async function stageAndRun(request: ExecuteRequest, signal: AbortSignal): Promise<Execution> {
  const first = await attempt(request, request.staging, signal);
  if (first.verdict.kind !== 'not-mounted') return { ...first, verdict: first.verdict };
  const { reason } = first.verdict;
  if (request.staging.staging === 'copy') throw notStaged(reason);
  if (!request.staging.mayCopy) throw notMountable(reason);
  request.log.warn(`the inputs could not be mounted (${reason}): copying them`);
  const second = await attempt(request, { ...request.staging, staging: 'copy', reason }, signal);
  if (second.verdict.kind !== 'not-mounted') return { ...second, verdict: second.verdict };
  throw notStaged(second.verdict.reason);
}

function notStaged(reason: string): Fault {
  return new Fault(`casd could not stage the inputs: ${reason}`, {
    remedy: "casd's log is in `run/casd.log` of the cache folder.",
  });
}

async function attempt(request: ExecuteRequest, staging: StagingChoice, signal: AbortSignal) {
  const { host, casd, folder, prepared, sandbox, commandLength, limits } = request;
  const workFolder = await makeOwnFolder(folder.work);
  using _ = casd.demand.build(() => isCommandRunning(workFolder));
  using machine = await watchMachine([folder.storage]);
  try {
    const tee = await OutputTee.open(workFolder, host.openBuildLog(request.title, signal));
    const outcome = await runTee(tee, () =>
      runAction(
        {
          action: withBackstop(prepared.action),
          commandLength,
          limits,
          casd: casd.address,
          programs: sandbox,
          staging: staging.staging,
          rootfs: prepared.rootfs,
          user: request.user,
          outputs: prepared.outputPaths,
          workFolder: join(searchableWork(folder, casd.state.socket), basename(workFolder)),
          searchPath: ownSearchPath(host.machine),
          trackingId: host.machine.environment.RUNNER_TRACKING_ID,
          output: tee,
        },
        AbortSignal.any([signal, tee.failed]),
      ),
    );
    AbortSignal.any([signal, tee.failed]).throwIfAborted();
    const verdict = judge(outcome, tee.stderrHead);
    const captured = await captureFiles(casd, workFolder, ['stdout', 'stderr'], signal);
    const signs = isFailure(verdict)
      ? await readSigns(['stderr', 'stdout'].map((name) => join(workFolder, name)))
      : {};
    const digestOfFile = (name: string) => captured.get(name) ?? EMPTY_DIGEST;
    return {
      verdict,
      staging,
      stdoutDigest: digestOfFile('stdout'),
      stderrDigest: digestOfFile('stderr'),
      signs,
      machineCause: causeOf(request, verdict, machine, signs),
    };
  } finally {
    await removeTree(workFolder); // A build may have made folders in its home that its own user may not write to.
  }
}

function isFailure(verdict: Verdict): boolean {
  return verdict.kind !== 'ended' || verdict.result.exitCode !== 0;
}

function causeOf(
  { cacheFailures, network }: ExecuteRequest,
  verdict: Verdict,
  machine: MachineWatch,
  signs: OutputSigns,
): string | undefined {
  if (!cacheFailures || verdict.kind !== 'ended' || verdict.result.exitCode === 0) return undefined;
  const { exitCode } = verdict.result;
  return machineCause({ exitCode, hint: signs.machine, network, ...machine.seen() });
}

/**
 * The timeout of an action is ours to keep: see `oversee`. buildbox-run gets a later one, and what it is given has
 * another digest, which nobody asks it for.
 */
function withBackstop(encoded: Uint8Array): Uint8Array {
  const action = Action.decode(encoded);
  const { seconds, nanos } = action.timeout ?? { seconds: 0, nanos: 0 };
  return Action.encode({ ...action, timeout: { seconds: seconds + BACKSTOP, nanos } }).finish();
}

async function runTee<T>(tee: OutputTee, work: () => Promise<T>): Promise<T> {
  await using _ = tee;
  return await work();
}
