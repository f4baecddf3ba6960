import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { identify } from './identity.js';

/** `.buildbox-RANDOM-PID-START-BOOT-NAMESPACE`, and what older versions of ours left: `.buildbox-RANDOM-old-0`. */
const SCRATCH =
  /^\.buildbox-[0-9a-f]{12}-(?:(?:new|old)-\d+|(\d+)-(\d+)-([0-9a-f]{8})-(\d+)(?:-\d+)?(?:-saved)?)$/;
/** Behind the name of what a person may want to have a look at. */
export const SAVED = '-saved';
const SOMEWHERE = /(?:^|\/)(\.buildbox-[^/]*)/g;

/** What a process left is not touched for a day where nobody can know whether the process still runs. */
const UNKNOWN_MILLISECONDS = 86_400_000;

/**
 * A name for what is half done in a folder that is not ours, a workspace. It tells its maker, so that whoever finds it
 * later knows whether anybody still needs it.
 */
export function scratchName(): string {
  const self = identify(process.pid);
  const owner = [process.pid, self?.startTime ?? 0, bootOf(self?.boot), pidNamespace()];
  return `.buildbox-${randomBytes(6).toString('hex')}-${owner.join('-')}`;
}

export function isScratchName(name: string): boolean {
  return SCRATCH.test(name);
}

/** Whether a path is, or lies below, something of such a name. */
export function isScratchPath(path: string): boolean {
  if (!path.includes('.buildbox-')) return false;
  return [...path.matchAll(SOMEWHERE)].some(([, name]) => name !== undefined && isScratchName(name));
}

/**
 * Whether nobody needs it any more: its maker is gone. Of a maker in another process namespace, on another machine or
 * before a reboot that cannot be known; its age then decides.
 *
 * @param age of the thing, in milliseconds
 */
export function isAbandoned(name: string, age: number): boolean {
  if (name.endsWith(SAVED)) return false;
  const [, pid, startTime, boot, namespace] = SCRATCH.exec(name) ?? [];
  const owner = identify(Number(pid));
  const isOurs = namespace === pidNamespace() && boot === bootOf(identify(process.pid)?.boot);
  return isOurs ? owner?.startTime !== startTime : age > UNKNOWN_MILLISECONDS;
}

function bootOf(id: string | undefined): string {
  return (id ?? '').replaceAll('-', '').slice(0, 8).padEnd(8, '0');
}

function pidNamespace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
