import { join } from 'node:path';
import type { BuildConfig } from '../../config/config.js';
import { danglingLinks } from '../../outputs/dangling-links.js';
import { type Restored, restoreOutputs } from '../../outputs/restore.js';
import { formatCount } from '../../report/format-quantity.js';
import { printable } from '../../report/printable.js';
import type { KnownResult } from '../look-up/look-up.js';
import type { PreparedAction } from '../prepare/prepare.js';
import { readFiles } from '../../cas/read.js';
import type { Store } from '../../cas/store.js';
import type { RunContext } from '../run-context.js';

/** Of many paths so many are named. */
const NAMED = 3;

/** Whether the outputs of a result that ended so are to be written, or only its digests are asked for. */
export function isToBring({ downloadOutputs, outputsOnFailure }: BuildConfig, exitCode: number): boolean {
  return downloadOutputs && (exitCode === 0 || outputsOnFailure);
}

/** Writes outputs into the workspace. */
export async function bringOutputs(
  { config, host, folder, log, watch }: RunContext,
  { inputs }: PreparedAction,
  { planned }: KnownResult,
  source: Store,
  signal: AbortSignal,
): Promise<void> {
  if (planned.length === 0) return;
  log.phase('writing the outputs');
  const restored = await watch.measure('outputs', () =>
    restoreOutputs(
      {
        planned,
        workspace: host.machine.workspace,
        workingDirectory: config.build.workingDirectory,
        inputs: inputs.nodes,
        memory: folder.memory,
        fetchFiles: (files, either) => readFiles(source, files, either),
      },
      signal,
    ),
  );
  tellOf(restored, log);
  const { workspace } = host.machine;
  for (const { path, target } of await danglingLinks(
    planned,
    join(workspace, config.build.workingDirectory),
  )) {
    log.warn(
      `the output ${printable(path)} is a symlink to ${printable(target)}, which is not there: name what it leads to in \`outputs\` too`,
    );
  }
}

function tellOf({ kept, removed, left }: Restored, log: RunContext['log']): void {
  if (kept.length > 0) log.warn(`kept in the outputs, for it is not of this build: ${listed(kept)}`);
  if (removed.length > 0)
    log.warn(`removed from the outputs, as the build removed them from its copy: ${listed(removed)}`);
  if (left.length > 0) {
    log.warn(
      `what the outputs replaced could not be removed and lies in ${printable(left.join(', '))}; it is no input`,
    );
  }
}

function listed(paths: readonly string[]): string {
  const names = paths.slice(0, NAMED).map(printable).join(', ');
  const more = paths.length - NAMED;
  return more > 0 ? `${names} and ${formatCount(more, 'more', 'more')}` : names;
}
