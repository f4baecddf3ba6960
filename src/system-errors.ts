import { Fault, messageOf, systemErrorCode } from './errors.js';

/** What a system call that was refused means to the one who ran us. */
export interface SystemTrouble {
  readonly title: string;
  readonly remedy: string;
}

const SPACE = 'Free space (`df -h`) or files (`df -i`) there, or raise the quota of this user.';
const RIGHTS =
  'Give this user the right to it, or name another place: `cache-dir` for the cache, TMPDIR for the rest.';
const OPEN_FILES = 'Allow more open files (`ulimit -n`).';
const DISK = 'Check the disk or the share that it is on.';

const WORDS: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['no space is left', SPACE],
  EDQUOT: ['the disk quota of this user is used up', SPACE],
  EROFS: ['this is a read-only file system', RIGHTS],
  EACCES: ['this user may not do that', RIGHTS],
  EPERM: ['this user may not do that', RIGHTS],
  EMFILE: ['this process has too many files open', OPEN_FILES],
  ENFILE: ['the machine has too many files open', OPEN_FILES],
  ENOMEM: ['the machine has no memory left', 'Let less run at once, or give it more.'],
  EAGAIN: [
    'the machine has no more processes or memory',
    'Let less run at once, or raise its limits (`ulimit -u`).',
  ],
  ENAMETOOLONG: ['this path is too long', 'Use folders with shorter paths for the checkout and `cache-dir`.'],
  EIO: ['the disk cannot be read or written', DISK],
  ESTALE: ['the share has lost this file', DISK],
  ELOOP: ['these symlinks lead in a circle', 'Remove them.'],
};

/** What something else than we did to a file of ours. */
const OTHERWISE: readonly [string, string] = [
  'something else has changed it',
  'Let nothing else work on the cache folder and the checkout meanwhile, and run again.',
];

/** Undefined where an error is not that of a system call. */
export function explainSystemError(error: unknown): SystemTrouble | undefined {
  const code = systemErrorCode(error);
  if (code === undefined) return undefined;
  const { syscall, path } = error as { readonly syscall?: unknown; readonly path?: unknown };
  if (typeof syscall !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return undefined;
  const known = WORDS[code];
  if (known === undefined && typeof path !== 'string') return undefined;
  const [words, remedy] = known ?? OTHERWISE;
  return { title: `${words} (${messageOf(error)})`, remedy };
}

/**
 * Does something in a folder of ours: whatever the system refuses there is said of the folder, for its own errors often
 * name no path.
 *
 * @param place as a sentence begins with it: `the cache folder /x`
 * @throws Fault
 */
export async function workIn<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const trouble = explainSystemError(cause);
    if (trouble === undefined) throw cause;
    throw new Fault(`${place} cannot be used: ${trouble.title}`, { cause, remedy: trouble.remedy });
  }
}
