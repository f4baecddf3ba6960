import { join } from 'node:path';
import { restoreOutputs } from '../outputs/restore.js';
import type { KnownResult } from './look-up.js';
import type { ResultSource } from './result-source.js';
import type { RunContext } from './run-context.js';

/** Writes the outputs of a result into the workspace, unless only its digests are asked for. */
export async function bringOutputs(
  { config, host, log, watch }: RunContext,
  known: KnownResult,
  source: ResultSource,
  signal: AbortSignal,
): Promise<void> {
  if (!config.build.downloadOutputs || known.planned.length === 0) return;
  const { workspace } = host.machine;
  log.phase('writing the outputs');
  await watch.measure('outputs', () =>
    restoreOutputs(known.planned, workspace, join(workspace, config.build.workingDirectory), source, signal),
  );
}
