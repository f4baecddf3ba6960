/** What the helper process is asked, one request at a time. */
export type Request =
  /**
   * Brings the object of this key, or the newest whose key begins so, into the file `OBJECT` of its folder.
   * `most`: bytes that it may have.
   */
  | { readonly do: 'fetch'; readonly key: string; readonly most: number }
  | { readonly do: 'look'; readonly key: string }
  | { readonly do: 'store'; readonly key: string; readonly file: string };

/** Nothing of what the library printed is in it: that may hold signed addresses. */
export type Answer =
  /** `bytes`: what came over the wire. */
  | { readonly is: 'found'; readonly key: string; readonly bytes: number }
  | { readonly is: 'nothing' }
  /** What was asked for has more bytes than it may. The library may go on with it, so the helper is of no use any more. */
  | { readonly is: 'oversized'; readonly key: string }
  | { readonly is: 'stored' }
  | Failure;

export interface Failure {
  /** `reserved`: somebody else has taken the key, or is about to. */
  readonly is: 'reserved' | 'denied' | 'failed';
  readonly why: string;
  /** The library goes on with what was asked, so the helper is of no use any more. */
  readonly goesOn?: true;
}

/**
 * The one path that every object is saved as: a part of the version by which the service tells caches apart, so it is
 * the same on every machine.
 */
export const OBJECT = 'object';

/** The file that tells the helper's `tar` how much it may write, in the blocks of the shell's `ulimit -f`. */
export const MOST_BLOCKS = 'most-blocks';
/** Bytes of such a block. */
export const BLOCK = 512;

/** What the name of a helper's own folder begins with. */
export const HELPER_FOLDER = 'helper-';
