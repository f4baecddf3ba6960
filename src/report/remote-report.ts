/** What a run had of its remote. */
export interface RemoteReport {
  /** Of the CAS, without credentials. */
  readonly endpoint: string;
  /** `degraded`: it was there, and not all of it or not all the time. */
  readonly status: 'ok' | 'degraded' | 'unavailable';
  readonly services: readonly RemoteServiceReport[];
  /** Milliseconds that it delayed the run by what it did wrong. */
  readonly delay: number;
  /** What the remote lacked and was given; null when nothing was to be given. */
  readonly pushed: { readonly blobs: number; readonly bytes: number } | null;
}

export interface RemoteServiceReport {
  readonly service: 'cas' | 'action-cache';
  readonly available: boolean;
  /** Milliseconds that it took to tell what it can; null where it did not tell. */
  readonly latency: number | null;
  /** What is wrong with it, or what it offers. */
  readonly says: string;
}

/** Who is believed, and whether what was built may go to the remote. */
export interface TrustReport {
  readonly tier: 'local' | 'trusted' | 'untrusted';
  readonly mayPush: boolean;
  readonly why: string;
}
