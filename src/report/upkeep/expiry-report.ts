/** Why a result went. */
export type ResultGoes = 'incomplete' | 'unused' | 'remote-has' | 'pushed' | 'space' | 'over-quota';
/** Why a result stayed. */
export type ResultStays = 'fits' | 'newest' | 'only-here' | 'withheld';
/** Why something went that no result needs. */
export type DeadGoes = 'unused' | 'space';

/** Results that share a fate, with the blobs that only they need. */
export interface ResultCount {
  readonly results: number;
  readonly bytes: number;
}

/** Blobs that no result needs. */
export interface BlobCount {
  readonly blobs: number;
  readonly bytes: number;
}

/** One result and what became of it. */
export interface ExpiredResult {
  /** The hash of the action. */
  readonly action: string;
  readonly usedAt: Date;
  readonly goes: boolean;
  readonly why: ResultGoes | ResultStays;
  /** Bytes that its going frees; 0 for one that stays. */
  readonly frees: number;
}

/** What expiry did to the local cache, or would do, as data. Sizes are bytes of results and their blobs. */
export interface ExpiryReport {
  readonly folder: string;
  readonly dryRun: boolean;
  readonly before: number;
  readonly after: number;
  /** Blobs that were to go, and are left for the next time because the disk was too slow. */
  readonly left: number;
  readonly target: number;
  /** Of the whole folder. */
  readonly quota: number;
  /** Milliseconds. */
  readonly maxAge: number;
  readonly went: Readonly<Partial<Record<ResultGoes, ResultCount>>>;
  readonly wentDead: Readonly<Partial<Record<DeadGoes, BlobCount>>>;
  /** Their bytes are those of the results and of all that they need, each blob once. */
  readonly stayed: Readonly<Partial<Record<ResultStays, ResultCount>>>;
  readonly stayedDead: BlobCount;
  /** The longest unused first. */
  readonly results: readonly ExpiredResult[];
  /** Null where none is configured. */
  readonly remote: ExpiryRemote | null;
}

export interface ExpiryRemote {
  readonly endpoint: string;
  /** Whether it answered all that was asked; `not-asked` where there was room enough. */
  readonly status: 'answered' | 'unavailable' | 'not-asked';
  readonly mayPush: boolean;
  /** Why it may, or may not, be given results. */
  readonly why: string;
  /** What it lacked and was given. */
  readonly pushed: { readonly results: number; readonly blobs: number; readonly bytes: number };
}
