/** What the local cache may take of its disk. */
export interface SpaceRequest {
  /** `cache-quota`: for the whole folder, in bytes. */
  readonly quota: number;
  /** Bytes of what is in the folder beside casd's blobs. */
  readonly own: number;
  /** Bytes of casd's blobs. */
  readonly held: number;
  /** Bytes that an ordinary user may still write to the disk. */
  readonly free: number;
}

/** What casd is started with, in bytes. */
export interface Allotment {
  readonly quota: number;
  /** What casd leaves free on the disk, whatever its quota. */
  readonly reserved: number;
  /** Whether the disk has no room for the quota. */
  readonly smallDisk: boolean;
  /** Whether the quota is so small that what is beside casd's blobs takes more than half of it. */
  readonly crowded: boolean;
}

/** What casd leaves free by default. */
export const RESERVED = 2e9;

/** Of a small disk, for what the build writes outside of the cache. */
const RESERVED_SHARE = 0.25;

/**
 * Divides the quota between casd and what else is in the folder, of which casd gets half at least. On a disk that has no
 * room for quota and reserve, casd by itself would cut its quota by all of its reserve, down to nothing on a disk of
 * 2 GB; so there the reserve shrinks too.
 */
export function allotSpace({ quota, own, held, free }: SpaceRequest): Allotment {
  const half = Math.ceil(quota / 2);
  const wanted = Math.max(quota - own, half);
  const crowded = quota - own < half;
  const room = Math.max(0, free) + held;
  if (room >= wanted + RESERVED) return { quota: wanted, reserved: RESERVED, smallDisk: false, crowded };
  const reserved = Math.min(RESERVED, Math.floor(room * RESERVED_SHARE));
  const fitting = Math.max(1, Math.min(wanted, room - reserved));
  return { quota: fitting, reserved, smallDisk: fitting < wanted, crowded };
}
