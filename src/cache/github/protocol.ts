/** What the helper process is asked, one request at a time. */
export type Request =
  /** Brings the object of this key, or the newest whose key begins so, into the file `OBJECT` of its folder. */
  | { readonly do: 'fetch'; readonly key: string }
  | { readonly do: 'look'; readonly key: string }
  | { readonly do: 'store'; readonly key: string; readonly file: string };

/** Nothing of what the library printed is in it: that may hold signed addresses. */
export type Answer =
  /** `bytes`: what came over the wire. */
  | { readonly is: 'found'; readonly key: string; readonly bytes: number }
  | { readonly is: 'nothing' }
  | { readonly is: 'stored' }
  | Failure;

export interface Failure {
  /** `reserved`: somebody else has taken the key, or is about to. */
  readonly is: 'reserved' | 'denied' | 'failed';
  readonly why: string;
}

/**
 * The one path that every object is saved as: a part of the version by which the service tells caches apart, so it is
 * the same on every machine.
 */
export const OBJECT = 'object';

/** What the name of a helper's own folder begins with. */
export const HELPER_FOLDER = 'helper-';
