import { formatDigest, type Digest } from '../reapi/digest.js';
import type { ReportedOutput, RunReport } from './report.js';

/** What is true of every run as long as there is no remote: part of the record, so that its readers need no special case. */
const WITHOUT_REMOTE = {
  remote: { endpoint: null, status: 'none', services: [] },
  trust: { tier: 'local', mayPush: false, why: 'no remote is configured' },
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
    ...WITHOUT_REMOTE,
    cache: {
      size: report.cache?.size ?? null,
      quota: report.cache?.quota ?? null,
      restored: 0,
      saved: 0,
      expired: 0,
    },
    timings: report.timings,
    duration: report.duration,
    buildDuration: report.buildDuration,
    startedAt: report.startedAt.toISOString(),
    builtBy: report.builtBy,
    warnings: report.warnings,
  };
}

function recordOutput(output: ReportedOutput): object {
  return { ...output, digest: digestOrNull(output.digest) };
}

function digestOrNull(digest: Digest | null): string | null {
  return digest === null ? null : formatDigest(digest);
}
