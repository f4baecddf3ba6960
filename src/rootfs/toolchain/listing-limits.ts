/** How far a listing goes: whole folders, the shallow ones first, so that the cut falls on the same place everywhere. */
export interface ListingLimits {
  readonly folders: number;
  readonly entries: number;
  /** Files that decide, and the bytes that are read of them. */
  readonly first: { readonly files: number; readonly bytes: number };
  /** The same for all others; beyond, size and mode stand for the content. */
  readonly others: { readonly files: number; readonly bytes: number };
}

const MEBIBYTE = 1024 * 1024;

/** Two or three seconds at most on a machine that is looked at for the first time. */
const WHOLE: ListingLimits = {
  folders: 40_000,
  entries: 1_000_000,
  first: { files: 20_000, bytes: 2048 * MEBIBYTE },
  others: { files: 4000, bytes: 32 * MEBIBYTE },
};

/** The version of a hosted runner's image accounts for what came with it: what is listed is for what came since. */
const BESIDE_IMAGE: ListingLimits = {
  folders: 6000,
  entries: 100_000,
  first: { files: 3000, bytes: 256 * MEBIBYTE },
  others: { files: 300, bytes: 8 * MEBIBYTE },
};

export function limitsOf(image: string | undefined): ListingLimits {
  return image === undefined ? WHOLE : BESIDE_IMAGE;
}
