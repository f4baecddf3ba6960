import { Fault } from '../../errors.js';
import { formatDigest, type Digest } from '../../reapi/digest.js';

/** Blobs that a build was to use, or that it made, were something else in the local cache, and have been removed there. */
export class DamagedCache extends Fault {
  constructor(digests: readonly Digest[]) {
    super(`the local cache is damaged: ${tellDamaged(digests)}`, {
      remedy:
        'What was damaged has been removed: run the build again. Damage that comes back has a cause: look at the disk and the memory of this machine.',
    });
  }
}

/** One line. */
export function tellDamaged(digests: readonly Digest[]): string {
  const [first, ...others] = digests;
  const name = first === undefined ? 'a blob' : `blob ${formatDigest(first)}`;
  return others.length === 0
    ? `${name} is not what its digest says`
    : `${name} and ${others.length} more are not what their digests say`;
}
