import { type Disk, diskOf } from '../casd/disk.js';
import { UnusableResult } from '../outputs/plan.js';
import type { Digest } from '../reapi/digest.js';
import { formatBytes } from '../report/format-quantity.js';
import { isToBring } from './bring-outputs.js';
import type { KnownResult } from './look-up.js';
import type { RunContext } from './run-context.js';

/** Most disks give a file whole blocks of so many bytes, and a folder at least one. */
const BLOCK = 4096;
/** Left free beside what comes, for whatever else is written there: a part of it, and no more than so many bytes. */
const RESERVED_SHARE = 0.1;
const MOST_RESERVED = 1e9;

/** What a disk is to take. */
interface Load {
  readonly bytes: number;
  readonly nodes: number;
}

/**
 * Makes sure that there is room for what is about to be fetched: an entry may name terabytes, and to find that out on
 * a full disk fails a build that could be done here.
 *
 * @throws UnusableResult
 */
export async function confirmRoom(
  { config, host, folder }: RunContext,
  { planned, result }: KnownResult,
): Promise<void> {
  const streams = [result.stdoutDigest, result.stderrDigest].flatMap((digest) => digest ?? []);
  refuseOverload('what it printed needs', loadOf(streams), await diskOf(folder.work));
  if (!isToBring(config.build, result.exitCode)) return;
  const nodes = planned.flatMap((output) => output.nodes);
  const files = nodes.flatMap((node) => (node.kind === 'file' ? [node.digest] : []));
  const rest = nodes.length - files.length;
  const { bytes } = loadOf(files);
  const load = { bytes: bytes + rest * BLOCK, nodes: nodes.length };
  refuseOverload('its outputs need', load, await diskOf(host.machine.workspace));
}

function loadOf(files: readonly Digest[]): Load {
  return {
    bytes: files.reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / BLOCK) * BLOCK, 0),
    nodes: files.length,
  };
}

/**
 * @param what completed by what the load is
 * @throws UnusableResult where a disk has no room for a load
 */
export function refuseOverload(what: string, { bytes, nodes }: Load, { mount, free, freeNodes }: Disk): void {
  if (bytes + Math.min(bytes * RESERVED_SHARE, MOST_RESERVED) > free) {
    throw new UnusableResult(
      `${what} ${formatBytes(bytes)}, and the disk at ${mount} has ${formatBytes(free)} free`,
    );
  }
  if (nodes > freeNodes) {
    throw new UnusableResult(`${what} ${nodes} files, and the disk at ${mount} has room for ${freeNodes}`);
  }
}
