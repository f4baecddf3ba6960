import { type Disk, diskOf } from '../../local/disk.js';
import { UnusableResult } from '../../cas/unusable-result.js';
import { BLOCK, lackOfRoom, type Load, loadOf } from './disk-room.js';
import { isToBring } from '../bring/bring-outputs.js';
import type { KnownResult } from './look-up.js';
import type { RunContext } from '../run-context.js';

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

/**
 * @param what completed by what the load is
 * @throws UnusableResult where a disk has no room for a load
 */
export function refuseOverload(what: string, load: Load, disk: Disk): void {
  const lack = lackOfRoom(load, disk);
  if (lack !== undefined) throw new UnusableResult(`${what} ${lack}`);
}
