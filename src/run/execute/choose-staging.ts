import { Fault } from '../../errors.js';
import { formatBytes } from '../../report/format-quantity.js';

/** What decides how inputs come into the sandbox. */
export interface StagingFacts {
  readonly wanted: 'auto' | 'fuse' | 'copy';
  readonly files: number;
  readonly bytes: number;
  /** What copies of them need, and the disk has not; undefined where it has room. */
  readonly lack: string | undefined;
}

/** How inputs come into the sandbox. */
export interface StagingChoice {
  readonly staging: 'fuse' | 'copy';
  /** As one line. */
  readonly reason: string;
  /** Whether they may be copied should it turn out that they cannot be mounted. */
  readonly mayCopy: boolean;
  /** Whether this is not what one expects here, so that it is told at once. */
  readonly isTold: boolean;
}

/**
 * Copies take their time before the build begins, and a mount takes it from every read and write of the build: with
 * copies of so many files or bytes a real build is still the faster one. See the README of `bench/`.
 */
const MOST_COPIED = { files: 20_000, bytes: 2e9 };

/**
 * @param findFuseObstacle why they cannot be mounted, as one line; null where they can. It is asked only where it
 *   decides.
 * @throws Fault where what is wanted cannot be had
 */
export async function chooseStaging(
  { wanted, files, bytes, lack }: StagingFacts,
  findFuseObstacle: () => Promise<string | null>,
): Promise<StagingChoice> {
  if (wanted === 'fuse') {
    const obstacle = await findFuseObstacle();
    if (obstacle !== null) throw notMountable(obstacle);
    return mounted('`staging` says so', { mayCopy: false, isTold: false });
  }
  if (wanted === 'copy') {
    if (lack !== undefined) throw noRoom(lack, 'With `staging: fuse` inputs are mounted.');
    return copied('`staging` says so', { isTold: false });
  }
  const size = `${files} files, ${formatBytes(bytes)}`;
  const isSmall = files <= MOST_COPIED.files && bytes <= MOST_COPIED.bytes;
  if (isSmall && lack === undefined) return copied(size, { isTold: false });
  const obstacle = await findFuseObstacle();
  if (lack !== undefined) {
    if (obstacle !== null) throw noRoom(lack, `They cannot be mounted either: ${obstacle}.`);
    return mounted(`copies of them need ${lack}`, { mayCopy: false, isTold: true });
  }
  if (obstacle !== null) return copied(obstacle, { isTold: true });
  return mounted(size, { mayCopy: true, isTold: true });
}

/** The line that tells it. */
export function stagingLine({ staging, reason }: StagingChoice): string {
  return staging === 'fuse'
    ? `mounting inputs instead of copying them: ${reason}`
    : `copying inputs instead of mounting them: ${reason}`;
}

function mounted(reason: string, how: { mayCopy: boolean; isTold: boolean }): StagingChoice {
  return { staging: 'fuse', reason, ...how };
}

function copied(reason: string, how: { isTold: boolean }): StagingChoice {
  return { staging: 'copy', reason, mayCopy: false, ...how };
}

export function notMountable(obstacle: string): Fault {
  return new Fault(`the inputs cannot be mounted: ${obstacle}`, {
    remedy: 'With `staging` set to `copy` or left at `auto` they are copied.',
  });
}

function noRoom(lack: string, remedy: string): Fault {
  return new Fault(`there is no room for the inputs: copies of them need ${lack}`, { remedy });
}
