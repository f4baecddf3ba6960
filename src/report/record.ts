import { formatDigest, type Digest } from '../reapi/digest.js';
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

/** The build record, version 1: what happened in one run, for programs. Times are milliseconds, sizes bytes. */
export function renderRecord(report: RunReport): object {
  return {
    version: 1,
    result: report.result,
    hitFrom: report.hitFrom,
    exitCode: report.exitCode,
    failure: report.failure,
    command: report.title,
    actionDigest: formatDigest(report.actionDigest),
    commandDigest: formatDigest(report.commandDigest),
    inputRootDigest: formatDigest(report.inputRootDigest),
    outputsDigest: digestOrNull(report.outputsDigest),
    outputs: report.outputs.map(recordOutput),
    stdoutDigest: digestOrNull(report.stdoutDigest),
    stderrDigest: digestOrNull(report.stderrDigest),
    input: report.input,
    toolchain: report.toolchain,
    buildbox: report.buildbox,
    staging: report.staging,
    stagingReason: report.stagingReason,
    remote: report.remote ?? NO_REMOTE,
    trust: report.trust,
    cache: {
      size: report.cache?.size ?? null,
      quota: report.cache?.quota ?? null,
      restored: restoredBytes(report),
      saved: savedBytes(report),
      expired: 0,
      kept: report.kept,
      save: report.save,
    },
    timings: report.timings,
    duration: report.duration,
    buildDuration: report.buildDuration,
    startedAt: report.startedAt.toISOString(),
    builtBy: report.builtBy,
    builtUnder: report.builtUnder,
    warnings: report.warnings,
  };
}

function recordOutput(output: ReportedOutput): object {
  return { ...output, digest: digestOrNull(output.digest) };
}

function digestOrNull(digest: Digest | null): string | null {
  return digest === null ? null : formatDigest(digest);
}
