import { formatDigest, type Digest } from './digest.js';

/** A blob that is not there, or is not what its digest says: whatever names it cannot be used. */
export class UnusableBlob extends Error {
  override readonly name = 'UnusableBlob';

  constructor(
    readonly digest: Digest,
    readonly reason: 'missing' | 'corrupt',
    /** One line, where it is known. */
    why?: string,
  ) {
    super(`blob ${formatDigest(digest)} is ${reason}${why === undefined ? '' : `: ${why}`}`);
  }
}
