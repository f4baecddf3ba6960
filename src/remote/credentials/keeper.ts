import type { Credentials, CredentialSource } from './source.js';

/** Credentials are replaced when they have less than this to live, so that none expires on its way. Milliseconds. */
const MARGIN = 30_000;

/** Of a life too short for that margin, this share is used. */
const USED_SHARE = 0.5;

/** No source is asked more often than this, whatever it says of how long its credentials are good. Milliseconds. */
const SHORTEST_USE = 1000;

/** Credentials that are refused so soon after they were made are not too old: others would not be better. */
const TOO_YOUNG_TO_RENEW = 2000;

/** A source that failed is left alone for so long: what waits for it should not wait again and again. */
const REST_AFTER_FAILURE = 5000;

/** Credentials as they are used: made at need, kept while they are good, and made once for all who wait. */
export interface CredentialKeeper {
  readonly source: CredentialSource;
  /** The credentials at hand, so that a call need not wait for its turn; undefined where there are none. */
  atHand(): Issued | undefined;
  /** @throws Fault when there are none to be had. */
  obtain(): Promise<Issued>;
  /** Tells that a server refused these. True when others may be had, so that another attempt is worth making. */
  refused(issued: Issued): boolean;
}

export interface Issued extends Credentials {
  readonly issuedAt: number;
}

/** @param signal ends what is under way when the connection is closed */
export function keepCredentials(
  source: CredentialSource,
  signal: AbortSignal,
  now: () => number = Date.now,
): CredentialKeeper {
  let kept: Issued | undefined;
  let coming: Promise<Issued> | undefined;
  const atHand = () => (kept !== undefined && now() < renewalTime(kept) ? kept : undefined);
  const issue = async () => {
    try {
      kept = { ...(await source.get(signal)), issuedAt: now() };
      coming = undefined;
      return kept;
    } catch (error) {
      setTimeout(() => (coming = undefined), REST_AFTER_FAILURE).unref();
      throw error;
    }
  };
  return {
    source,
    atHand,
    obtain: () => {
      const ready = atHand();
      return ready !== undefined ? Promise.resolve(ready) : (coming ??= issue());
    },
    refused: (issued) => {
      if (!source.renewable) return false;
      if (issued !== kept) return true;
      if (now() - issued.issuedAt < TOO_YOUNG_TO_RENEW) return false;
      kept = undefined;
      return true;
    },
  };
}

function renewalTime({ issuedAt, expires }: Issued): number {
  if (expires === null) return Infinity;
  const byShare = issuedAt + (expires - issuedAt) * USED_SHARE;
  return Math.max(expires - MARGIN, byShare, issuedAt + SHORTEST_USE);
}
