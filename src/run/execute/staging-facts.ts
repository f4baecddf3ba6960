import { diskOf } from '../../local/disk.js';
import type { StagingFacts } from './choose-staging.js';
import { BLOCK, lackOfRoom, loadOf } from '../look-up/disk-room.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { WholeTree } from './restore-rootfs.js';
import type { RunContext } from '../run-context.js';

/** What of a build and this machine decides how its inputs are staged. */
export async function gatherStagingFacts(
  { config, folder }: RunContext,
  { inputs, inputRoot }: PreparedAction,
  rootfs: WholeTree | undefined,
): Promise<StagingFacts> {
  const own = inputs.nodes.flatMap((node) => (node.kind === 'file' ? [node.digest] : []));
  const files = [...own, ...(rootfs?.files ?? [])];
  const { bytes, nodes } = loadOf(files);
  const folders = inputRoot.directories.size;
  return {
    wanted: config.sandbox.staging,
    files: files.length,
    bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    lack: lackOfRoom(
      { bytes: bytes + folders * BLOCK, nodes: nodes + folders },
      await diskOf(folder.storage),
    ),
  };
}
