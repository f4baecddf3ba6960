import { join } from 'node:path';
import type { CasdConnection } from '../casd/connection.js';
import { fetchFiles } from '../casd/fetch.js';
import { restoreOutputs } from '../outputs/restore.js';
import type { KnownResult } from './look-up.js';
import type { RunContext } from './run-context.js';

/** Writes the outputs of a result into the workspace, unless only its digests are asked for. */
export async function bringOutputs(
  { config, host, log, watch }: RunContext,
  known: KnownResult,
  casd: CasdConnection,
  signal: AbortSignal,
): Promise<void> {
  if (!config.build.downloadOutputs || known.planned.length === 0) return;
  const { workspace } = host.machine;
  log.phase('writing the outputs');
  await watch.measure('outputs', () =>
    restoreOutputs(
      known.planned,
      workspace,
      join(workspace, config.build.workingDirectory),
      { fetchFiles: (files, either) => fetchFiles(casd, files, either) },
      signal,
    ),
  );
}
