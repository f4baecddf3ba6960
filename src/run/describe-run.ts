import { readStoredUsage } from '../casd/stored-usage.js';
import type { CacheUsage } from '../casd/usage.js';
import type { PlannedOutput } from '../outputs/plan.js';
import { merkleTree } from '../reapi/merkle.js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { RunReport } from '../report/run/report.js';
import { type Origin, originOf } from '../trust/belief.js';
import { decidePush } from '../trust/may-push.js';
import { rootfsName, type Rootfs } from '../rootfs/rootfs.js';
import type { PreparedAction } from './prepare/prepare.js';
import type { RunContext } from './run-context.js';
import type { StagingChoice } from './execute/choose-staging.js';
import { buildDuration } from './look-up/build-duration.js';

/** How a run ended. */
export type Outcome =
  | {
      readonly kind: 'hit';
      readonly from: 'local' | 'cache' | 'remote';
      /** What the result was built under; null where nobody knows. */
      readonly origin: Origin | null;
      readonly result: ActionResult;
      readonly planned: readonly PlannedOutput[];
    }
  | {
      readonly kind: 'built';
      readonly result: ActionResult;
      readonly planned: readonly PlannedOutput[];
      readonly staging: StagingChoice;
      /** Files of the input that the local cache had. */
      readonly cachedInputs: number;
    }
  | {
      readonly kind: 'failed';
      readonly result: ActionResult;
      readonly planned: readonly PlannedOutput[];
      readonly staging: StagingChoice;
      /** Files of the input that the local cache had. */
      readonly cachedInputs: number;
      readonly failure: string | null;
    };

/** The casd of a run that needed one. */
export interface Daemon {
  readonly buildbox: { readonly version: string; readonly source: string };
  readonly address: string;
  readonly usage: CacheUsage;
}

/** Puts together what a run has to tell. */
export function describeRun(
  { config, host, folder, watch, warnings, session, packs }: RunContext,
  prepared: PreparedAction,
  outcome: Outcome,
  daemon: Daemon | undefined,
): RunReport {
  const { result, planned } = outcome;
  const failed = result.exitCode !== 0 || outcome.kind === 'failed';
  return {
    result: failed ? 'failed' : outcome.kind,
    hitFrom: outcome.kind === 'hit' ? outcome.from : null,
    exitCode: result.exitCode,
    failure: outcome.kind === 'failed' ? outcome.failure : null,
    title: config.build.title,
    actionDigest: prepared.actionDigest,
    commandDigest: prepared.commandDigest,
    inputRootDigest: prepared.inputRoot.root,
    outputsDigest: failed ? null : merkleTree(planned.flatMap(({ nodes }) => nodes)).root,
    outputs: planned.map(({ path, kind, digest, size, executable }) => ({
      path,
      kind,
      digest,
      size,
      executable,
    })),
    stdoutDigest: result.stdoutDigest ?? null,
    stderrDigest: result.stderrDigest ?? null,
    input: {
      files: prepared.inputs.files,
      bytes: prepared.inputs.bytes,
      cached: outcome.kind === 'hit' ? null : outcome.cachedInputs,
    },
    toolchain: toolchainOf(prepared.rootfs),
    buildbox: daemon?.buildbox ?? null,
    staging: outcome.kind === 'hit' ? null : outcome.staging.staging,
    stagingReason: outcome.kind === 'hit' ? null : outcome.staging.reason,
    remote: session?.report() ?? null,
    kept: packs?.report() ?? null,
    save: null,
    trust: decidePush(config.remote?.push ?? 'trusted', host.provenance),
    cache: daemon?.usage ?? readStoredUsage(folder, config.cache.quota),
    casdSocket: daemon?.address ?? null,
    timings: watch.timings,
    duration: watch.elapsed,
    startedAt: watch.startedAt,
    builtBy: result.executionMetadata?.worker ?? '',
    builtUnder: outcome.kind === 'hit' ? outcome.origin : originOf(host.provenance),
    buildDuration: buildDuration(result),
    warnings,
  };
}

function toolchainOf(rootfs: Rootfs): RunReport['toolchain'] {
  return { rootfs: rootfsName(rootfs), identity: rootfs.identity, cut: rootfs.cut, bySize: rootfs.bySize };
}
