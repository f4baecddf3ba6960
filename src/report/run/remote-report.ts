import type { Tier } from '../../trust/tier.js';

/** What a run had of its remote. */
export interface RemoteReport {
  /** Of the CAS, without credentials. */
  readonly endpoint: string;
  /**
   * `ok`: nothing was wrong, though it may not have been heard from before it was not needed any more. `degraded`: it
   * was there, and not all of it or not all the time.
   */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly services: readonly RemoteServiceReport[];
  /** Milliseconds that it delayed the run by what it did wrong. */
  readonly delay: number;
  /** Files that came from the remote: outputs of a hit, a root file system; null when none did. */
  readonly fetched: Moved | null;
  /** What the remote lacked and was given; null when nothing was to be given. */
  readonly pushed: Moved | null;
}

export interface Moved {
  readonly blobs: number;
  readonly bytes: number;
}

export interface RemoteServiceReport {
  readonly service: 'cas' | 'action-cache';
  readonly available: boolean;
  /** Milliseconds that it took to tell what it can; null where it did not, or nobody waited for it. */
  readonly latency: number | null;
  /** What is wrong with it, or what it offers. */
  readonly says: string;
}

/** Who is believed, and whether what was built may go to the remote. */
export interface TrustReport {
  readonly tier: Tier;
  readonly mayPush: boolean;
  readonly why: string;
}
