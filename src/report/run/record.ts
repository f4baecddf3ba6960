import { formatDigest, type Digest } from '../../reapi/digest.js';
import { type ReportedOutput, type RunReport, savedBytes, restoredBytes } from './report.js';

/** A run without a remote has the same fields, so that readers need no special case. */
const NO_REMOTE = {
  endpoint: null,
  status: 'none',
  services: [],
  delay: 0,
  fetched: null,
  pushed: null,
} as const;

/**
 * The build record, version 1: what happened in one run, for programs. Times are milliseconds, sizes bytes, digests
 * `HASH/SIZE`. The table in docs/reference.md is made of the comments below.
 */
export function renderRecord(report: RunReport): object {
  return {
    /** 1: what is written here stays as it is; fields may be added. */
    version: 1,
    /** `hit`, `built` or `failed`. */
    result: report.result,
    /** `local`, `cache` (what is kept between runs) or `remote`; null when it was no hit. */
    hitFrom: report.hitFrom,
    /** What the run ends with. */
    exitCode: report.exitCode,
    /** Why a build failed, where its exit code alone does not say so (a timeout, a missing output); else null. */
    failure: report.failure,
    /** The command as a person would type it, one line. */
    command: report.title,
    /** The digest of the Action: the name of this build. */
    actionDigest: formatDigest(report.actionDigest),
    /** The digest of its Command. */
    commandDigest: formatDigest(report.commandDigest),
    /** The digest of all that the build could read of the workspace. */
    inputRootDigest: formatDigest(report.inputRootDigest),
    /** The digest of the Directory that holds the outputs at their paths; null for a failed build. */
    outputsDigest: digestOrNull(report.outputsDigest),
    /**
     * For each output `path` (relative to the working directory), `kind` (`file`, `directory`, `symlink`),
     * `digest` (of the content, or of the directory's Tree; null for a symlink), `size` and `executable`.
     */
    outputs: report.outputs.map(recordOutput),
    /** The digest of what the build wrote to stdout; null where the result names none. */
    stdoutDigest: digestOrNull(report.stdoutDigest),
    /** The same of stderr. */
    stderrDigest: digestOrNull(report.stderrDigest),
    /**
     * `files` and `bytes` of the checkout that are input, and how many files of them the local cache had
     * (`cached`; null on a hit, which does not ask).
     */
    input: report.input,
    /**
     * `rootfs` as the input says it; the toolchain's `identity`; `cut` and `bySize`, the folders of which not
     * every change is another action.
     */
    toolchain: report.toolchain,
    /** `version` and `source`; null on a hit, which needs no BuildBox. */
    buildbox: report.buildbox,
    /** How the inputs came into the sandbox: `fuse` or `copy`; null on a hit. */
    staging: report.staging,
    /** Why so, as one line. */
    stagingReason: report.stagingReason,
    /**
     * `endpoint`, `status`, for each of its `services` what it is (`service`), whether it was `available`, its
     * `latency` and what it `says`, the `delay` that it caused, and the `blobs` and `bytes` that were `fetched`
     * from it and `pushed` to it. Without a remote its `status` is `none`.
     */
    remote: report.remote ?? NO_REMOTE,
    /**
     * Whose code this run builds (`tier`: `local`, `trusted`, `untrusted`), whether the remote may be given its
     * result (`mayPush`), and `why`.
     */
    trust: report.trust,
    cache: {
      /** What the local cache holds; null where nobody has counted yet. */
      size: report.cache?.size ?? null,
      /** What it may hold. */
      quota: report.cache?.quota ?? null,
      /** What came from the remote and from what is kept between runs. */
      restored: restoredBytes(report),
      /** What these two were given. */
      saved: savedBytes(report),
      /** 0: expiry comes after the record. */
      expired: 0,
      /**
       * Of what is kept between runs: `place`, how the `lookup` went, bytes `restored`, and the `problem` if there
       * was one. Null where nothing is kept.
       */
      kept: report.kept,
      /**
       * What was saved there: bytes (`saved`), new `results` and `blobs`, bytes that were `moved` out of packs with
       * much dead space, `forgotten` results with the reason, and what is there now (`kept`); `onGitHub`,
       * `duration`, `problem`. Null where nothing had to be saved, or a later step does it.
       */
      save: report.save,
    },
    /**
     * The milliseconds of each phase that there was: `inputs`, `toolchain`, `tools`, `casd`, `lookup`, `rootfs`,
     * `capture`, `build`, `store`, `outputs`, `push`. They overlap.
     */
    timings: report.timings,
    /** Milliseconds from start to end, as the user waits. */
    duration: report.duration,
    /** Milliseconds that the build itself took; on a hit, took then. */
    buildDuration: report.buildDuration,
    /** When the run began, ISO 8601. */
    startedAt: report.startedAt.toISOString(),
    /** Who built the result: a run's address, or user and host; on a hit, who did then. */
    builtBy: report.builtBy,
    /**
     * What the result was built under: `tier`, `repository`, `ref` and `event`; null on a hit of the remote, where
     * nobody knows.
     */
    builtUnder: report.builtUnder,
    /** Every warning of the run, a line each. */
    warnings: report.warnings,
  };
}

function recordOutput(output: ReportedOutput): object {
  return { ...output, digest: digestOrNull(output.digest) };
}

function digestOrNull(digest: Digest | null): string | null {
  return digest === null ? null : formatDigest(digest);
}
