import type { StoredContents, StoredEntry } from './stored-contents.js';
import { References } from './references.js';
import type { StoredObject } from './walk-objects.js';

/** What is to go, and how far. */
export interface ExpiryLimits {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Milliseconds without use. */
  readonly maxAge: number;
  /** Bytes of results and blobs to get down to; what is the newest, or only here, may stay above it. */
  readonly target: number;
  /** Bytes up to which a result is kept that the remote lacks and may not be given. */
  readonly ceiling: number;
  /** Undefined where there is no remote, or none that answers. */
  readonly remote: RemoteKnowledge | undefined;
}

export interface RemoteKnowledge {
  /** By the hash of the action. What is not known of yet stays. */
  readonly presence: ReadonlyMap<string, RemotePresence>;
  /** Whether what is lacking there may be given to it. */
  readonly mayPush: boolean;
}

/** `refused`: it lacks the result and did not take it. `withheld`: it lacks it, and is not to be given it. */
export type RemotePresence = 'has' | 'pushed' | 'lacks' | 'refused' | 'withheld';

/** Why something goes or stays. */
export type EntryFate =
  { readonly goes: true; readonly why: EntryGoes } | { readonly goes: false; readonly why: EntryStays };

export type EntryGoes = 'incomplete' | 'unused' | 'remote-has' | 'pushed' | 'space' | 'over-quota';
export type EntryStays = 'fits' | 'newest' | 'only-here' | 'withheld';
/** `with-result`: only a result that goes needed it. The others are needed by no result. */
export type BlobGoes = 'with-result' | 'unused' | 'space';

export interface PlannedEntry {
  readonly entry: StoredEntry;
  readonly fate: EntryFate;
  /** Bytes that its going frees: of the result, and of what no other result needs. Zero for one that stays. */
  readonly frees: number;
}

export interface PlannedBlob {
  readonly blob: StoredObject;
  readonly why: BlobGoes;
}

export interface ExpiryPlan {
  /** Bytes of results and blobs. */
  readonly before: number;
  readonly after: number;
  /** The longest unused first. */
  readonly entries: readonly PlannedEntry[];
  /** Those that go. */
  readonly blobs: readonly PlannedBlob[];
}

/**
 * Decides what of the local cache goes. First what nobody can use or has used for long, then what is no result, then
 * results, the longest unused first: those that the remote has, those that it can be given, and, only to stay below the
 * ceiling, the others. The newest result stays.
 */
export function planExpiry(contents: StoredContents, limits: ExpiryLimits): ExpiryPlan {
  return new Planner(contents, limits).plan();
}

class Planner {
  readonly #entries: readonly StoredEntry[];
  readonly #references: References;
  readonly #fates = new Map<StoredEntry, PlannedEntry>();
  readonly #blobs: PlannedBlob[] = [];
  #size: number;

  constructor(
    private readonly contents: StoredContents,
    private readonly limits: ExpiryLimits,
  ) {
    this.#entries = [...contents.entries].sort(byUse);
    this.#references = new References(contents.entries);
    this.#size = sizeOf(contents.entries) + sizeOf(contents.blobs.values());
  }

  plan(): ExpiryPlan {
    const before = this.#size;
    const dead = [...this.contents.blobs.values()]
      .filter(({ hash }) => !this.#references.has(hash))
      .sort(byUse);
    for (const entry of this.#entries) {
      if (!entry.complete) this.#remove(entry, 'incomplete');
      else if (this.#isUnused(entry)) this.#remove(entry, 'unused');
    }
    for (const blob of dead) {
      if (this.#isUnused(blob)) this.#drop(blob, 'unused');
      else if (this.#size > this.limits.target) this.#drop(blob, 'space');
    }
    this.#makeRoom();
    return {
      before,
      after: this.#size,
      entries: this.#entries.map(
        (entry) => this.#fates.get(entry) ?? { entry, fate: this.#stays(entry), frees: 0 },
      ),
      blobs: this.#blobs,
    };
  }

  #makeRoom(): void {
    const { target, ceiling, remote } = this.limits;
    if (remote === undefined) {
      this.#removeUntil(target, () => 'space');
      return;
    }
    const presence = (entry: StoredEntry) => remote.presence.get(entry.hash);
    this.#removeUntil(target, (entry) => {
      if (presence(entry) === 'has') return 'remote-has';
      return presence(entry) === 'pushed' ? 'pushed' : undefined;
    });
    if (remote.mayPush) {
      this.#removeUntil(target, (entry) => (presence(entry) === 'lacks' ? 'pushed' : undefined));
    }
    this.#removeUntil(ceiling, (entry) => (presence(entry) === undefined ? undefined : 'over-quota'));
  }

  /** @param reason undefined for a result that this is not about */
  #removeUntil(size: number, reason: (entry: StoredEntry) => EntryGoes | undefined): void {
    const newest = this.#newest();
    for (const entry of this.#entries) {
      if (this.#size <= size) return;
      if (this.#fates.has(entry) || entry === newest) continue;
      const why = reason(entry);
      if (why !== undefined) this.#remove(entry, why);
    }
  }

  #remove(entry: StoredEntry, why: EntryGoes): void {
    const before = this.#size;
    this.#size -= entry.size;
    for (const hash of this.#references.release(entry)) {
      const blob = this.contents.blobs.get(hash);
      if (blob !== undefined) this.#drop(blob, 'with-result');
    }
    this.#fates.set(entry, { entry, fate: { goes: true, why }, frees: before - this.#size });
  }

  #drop(blob: StoredObject, why: BlobGoes): void {
    this.#size -= blob.size;
    this.#blobs.push({ blob, why });
  }

  #stays(entry: StoredEntry): EntryFate {
    if (this.#size > this.limits.target && entry === this.#newest()) return { goes: false, why: 'newest' };
    const presence = this.limits.remote?.presence.get(entry.hash);
    const onlyHere =
      presence === 'refused' || (presence === 'lacks' && this.limits.remote?.mayPush === false);
    if (this.#size <= this.limits.target) return { goes: false, why: 'fits' };
    if (presence === 'withheld') return { goes: false, why: 'withheld' };
    return { goes: false, why: onlyHere ? 'only-here' : 'fits' };
  }

  #newest(): StoredEntry | undefined {
    return this.#entries.findLast((entry) => !isGone(this.#fates.get(entry)));
  }

  /** A time in the future is that of a clock that is off, and counts as now. */
  #isUnused({ usedAt }: StoredObject): boolean {
    return this.limits.now - usedAt > this.limits.maxAge;
  }
}

function isGone(planned: PlannedEntry | undefined): boolean {
  return planned?.fate.goes === true;
}

/** By hash where the times are the same, so that everybody plans alike. */
function byUse(a: StoredObject, b: StoredObject): number {
  return a.usedAt - b.usedAt || (a.hash < b.hash ? -1 : 1);
}

function sizeOf(objects: Iterable<StoredObject>): number {
  let sum = 0;
  for (const { size } of objects) sum += size;
  return sum;
}
