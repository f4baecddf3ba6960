/** What a run had of the cache that is kept between runs. */
export interface PackReport {
  /** For people, such as `GitHub's cache`. */
  readonly place: string;
  /** How the look-up there went; `not asked` when the result was known before. */
  readonly lookup: 'hit' | 'miss' | 'unavailable' | 'not asked';
  /** Bytes that were fetched from there. */
  readonly restored: number;
  /** Why it could not be used, or not all of it; null where nothing was wrong. */
  readonly problem: string | null;
}

/** Why a result is kept no more. */
export type ForgottenWhy = 'unused' | 'lost' | 'over-quota' | 'larger-than-quota' | 'index-full';

/** What a save did, and what there is now. Sizes in bytes. */
export interface SaveReport {
  /** What was sent: packs and the index. */
  readonly saved: number;
  /** Results and blobs that are new there. */
  readonly results: number;
  readonly blobs: number;
  /** Of what was sent, what is there a second time so that an older pack with much dead space can go. */
  readonly moved: number;
  readonly forgotten: readonly ForgottenEntries[];
  /** GitHub's cache, which has limits of its own. */
  readonly onGitHub: boolean;
  /** What is kept now; null where nothing was written. */
  readonly kept: PackTotals | null;
  /** Milliseconds. */
  readonly duration: number;
  /** Why nothing, or not everything, was saved; null where nothing was wrong. */
  readonly problem: string | null;
}

export interface ForgottenEntries {
  readonly why: ForgottenWhy;
  readonly results: number;
  /** Root file systems. */
  readonly trees: number;
}

export interface PackTotals {
  readonly results: number;
  /** Root file systems. */
  readonly trees: number;
  readonly packs: number;
  /** Of all packs; of it, what no result needs any more. */
  readonly bytes: number;
  readonly dead: number;
}
