/**
 * Where objects are kept between runs. An object is a file under a key; it never changes once it is there, and what
 * comes back is not to be trusted until it was held against a hash.
 */
export interface Transport {
  /** For people, such as `GitHub's cache` or `the folder /srv/cache`. */
  readonly name: string;
  readonly access: TransportAccess;
  /**
   * Fetches the newest object whose key begins so into a file that is not there yet. "Newest" may be a little stale.
   *
   * @param most bytes that it may have: whoever wrote it may have written anything
   * @returns its key and its bytes on the way; undefined where there is none
   * @throws TransportError, OversizedObject; then nothing is at `target`
   */
  fetchNewest(
    prefix: string,
    target: string,
    most: number,
    signal: AbortSignal,
  ): Promise<FetchedObject | undefined>;
  /** Fetches the object of exactly this key, as `fetchNewest` does. */
  fetch(key: string, target: string, most: number, signal: AbortSignal): Promise<FetchedObject | undefined>;
  /** Whether an object of exactly this key can be fetched. @throws TransportError */
  has(key: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Stores a file.
   *
   * @returns `taken` when somebody has, or is about to have, an object of that key; it may never come to be there
   * @throws TransportError; then the object may be there all the same
   */
  store(key: string, file: string, signal: AbortSignal): Promise<'stored' | 'taken'>;
  /**
   * Removes the objects whose keys begin so, but those that are kept and those that are so new that a writer may be
   * about to name them. Undefined where the transport forgets by itself.
   */
  readonly sweep?: (
    prefix: string,
    keep: ReadonlySet<string>,
    signal: AbortSignal,
  ) => Promise<{ readonly objects: number; readonly bytes: number }>;
  /** Ends whatever is still under way. */
  close(): Promise<void>;
}

export interface FetchedObject {
  readonly key: string;
  /** What was moved for it. */
  readonly bytes: number;
}

/** What this run may do there, and why not more. */
export interface TransportAccess {
  readonly read: boolean;
  readonly write: boolean;
  /** One line for people, where something is not allowed; else null. */
  readonly why: string | null;
}

/** An object is larger than what belongs under its key can be: it was given up as soon as that showed. */
export class OversizedObject extends Error {
  override readonly name = 'OversizedObject';

  constructor(
    readonly key: string,
    /** Bytes that it might have had. */
    readonly most: number,
  ) {
    super(`${key} has more than ${most} bytes`);
  }
}

/** The transport did not do what was asked. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    message: string,
    /** `denied`: it refuses this run, and will again; `failed`: it is down, slow or broken. */
    readonly kind: 'denied' | 'failed',
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
