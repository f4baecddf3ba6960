import { release } from 'node:os';
import type { ControlGroup } from './control-group.js';
import { makePidsGroup } from './pids-group.js';

/**
 * What has the kernel start no more than so many processes and threads in a sandbox: a limit of the user (`RLIMIT_NPROC`)
 * that is put on its first process, or a control group that it is started in. Whoever watches the sandbox instead gets
 * no turn while a bomb goes off.
 */
export interface ProcessBrake extends AsyncDisposable {
  readonly means: BrakeMeans | undefined;
  /** Whether the kernel is known to have refused one. */
  hasRefused(): boolean;
}

export type BrakeMeans =
  | { readonly kind: 'user'; readonly prlimit: string; readonly most: number }
  | { readonly kind: 'group'; readonly folder: string };

/** The kernel counts a user's processes apart in each user namespace since Linux 5.14, before on the whole machine. */
const COUNTS_APART = [5, 14] as const;

/**
 * Of a user's limit nobody learns that it was met: a program is refused a child, may take that for nothing, and a build
 * that did less than it should would be a good one. So it lies where only a bomb gets to before the watch has looked,
 * which ends and tells what has more than was allowed.
 */
const ABOVE = 1.25;
const LEAST = 2048;
/** Of a group that is known, so it may be as low as what was allowed. The first bubblewrap stands outside, but counts. */
const OUTSIDE = 1;

/**
 * Takes the user's limit, which needs no right and leaves nothing behind, or a group where that does not hold: for
 * root, and on old kernels.
 *
 * @param other a group that the sandbox is put in anyway
 */
export async function makeProcessBrake(
  processes: number,
  prlimit: string | undefined,
  other: ControlGroup | undefined,
): Promise<ProcessBrake> {
  const byUser = prlimit !== undefined && countsApart(release());
  if (process.getuid?.() === 0 || !byUser) {
    const group = await makePidsGroup(processes + OUTSIDE, other);
    if (group !== undefined) {
      return {
        means: { kind: 'group', folder: group.folder },
        hasRefused: () => group.hasRefused(),
        [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
      };
    }
  }
  const most = Math.max(LEAST, Math.ceil(processes * ABOVE));
  return {
    // It holds for a root who is one in a user namespace only, as in a container of an ordinary user.
    means: byUser ? { kind: 'user', prlimit, most } : undefined,
    hasRefused: () => false,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** @param version as `uname -r` prints it */
export function countsApart(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major > COUNTS_APART[0] || (major === COUNTS_APART[0] && minor >= COUNTS_APART[1]);
}
