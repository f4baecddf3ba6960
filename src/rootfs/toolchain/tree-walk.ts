import type { Stats } from 'node:fs';
import type { HostTree } from '../host-tree.js';
import type { ListingLimits } from './listing-limits.js';
import type { OwnedFiles } from '../packages/owned-files.js';
import type { Contents } from './read-contents.js';
import type { Watch } from './watched.js';

/** What a build must not see although it lies in a folder that is shown: a socket, a secret. */
export interface Hidden {
  readonly path: string;
  readonly kind: 'directory' | 'file';
}

/** A link in a folder of programs, and the real file outside of the tree that it leads to. */
export interface Outside {
  readonly link: string;
  readonly file: string;
}

export interface TreeListing {
  /** SHA-256, as hex, of the listing. */
  readonly digest: string;
  /** Whether the tree was larger than a listing may be, or has more of what decides than is read. */
  readonly cut: boolean;
  /** Whether files that do not decide were more than are read: some count by name, size and mode alone. */
  readonly bySize: boolean;
  readonly outside: readonly Outside[];
  readonly hidden: readonly Hidden[];
}

export interface ListingRequest {
  readonly root: string;
  /** Real folders of PATH: what stands in them is read, whatever they are called. */
  readonly programFolders: ReadonlySet<string>;
  /** Absolute paths that are no tools although they lie below the root, such as the checkout. */
  readonly leftOut: ReadonlySet<string>;
  /** What packages account for. */
  readonly owned: OwnedFiles;
  readonly limits: ListingLimits;
  readonly signal: AbortSignal;
}

/** What is watched first where not everything can be. */
export const RANKS = { program: 0, near: 1, unowned: 2, folder: 3, code: 4, idle: 5, owned: 6 } as const;

export interface Folder {
  readonly path: string;
  /** Relative to the root of the listing; '' for the root itself. */
  readonly name: string;
  readonly depth: number;
  /** In what does not count, secrets are looked for all the same. */
  readonly counts: boolean;
}

export interface Walk extends ListingRequest {
  readonly tree: HostTree;
  readonly watch: Watch;
  readonly lines: string[];
  readonly contents: Contents;
  readonly outside: Outside[];
  readonly hidden: Hidden[];
  /** Grows while it is walked. */
  readonly folders: Folder[];
  entries: number;
}

/** What stands for a file, besides its content. */
export function brief(status: Stats): string {
  return `${status.size}${isExecutable(status) ? ' executable' : ''}`;
}

export function isExecutable(status: Stats): boolean {
  return (status.mode & 0o111) !== 0;
}
