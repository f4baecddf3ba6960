import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { CacheFolder } from './folder.js';
import { BLOBS, DISK_USAGE } from './layout.js';

/**
 * casd believes what `cas/disk_usage` says of the bytes that it holds, and where that is too much it waits for space for
 * ever. So we write down beside it that it is what a casd wrote that ended well, and hold it against the objects: each
 * that came or went since has changed the time of its folder.
 */
const note = v.object({ version: v.literal(1), bytes: v.string(), writtenAt: v.number(), inode: v.number() });

type Count = Omit<v.InferOutput<typeof note>, 'version'>;

/** Writes down that casd's count is right. Where that fails, the next casd counts anew. */
export function noteCount(folder: CacheFolder): void {
  try {
    writeFileSync(folder.counted, JSON.stringify({ version: 1, ...readCount(folder) }), { mode: 0o600 });
  } catch {
    rmSync(folder.counted, { recursive: true, force: true });
  }
}

/** Bytes of blobs by a count that a casd has ended well with; undefined where there is none. */
export function notedBytes(folder: CacheFolder): number | undefined {
  try {
    const { bytes, writtenAt, inode } = readCount(folder);
    const noted = v.parse(note, JSON.parse(readFileSync(folder.counted, 'utf8')));
    const same = noted.bytes === bytes && noted.writtenAt === writtenAt && noted.inode === inode;
    return same && /^\d{1,15}$/.test(bytes) ? Number(bytes) : undefined;
  } catch {
    return undefined;
  }
}

/** The same where no object came or went since. */
export function soundBytes(folder: CacheFolder): number | undefined {
  const bytes = notedBytes(folder);
  return bytes !== undefined && isNewerThanObjects(folder) ? bytes : undefined;
}

/** Has casd count anew where its count is not sound. Call it only while no casd runs there. */
export function dropUnsoundCount(folder: CacheFolder): void {
  if (soundBytes(folder) === undefined)
    rmSync(join(folder.storage, DISK_USAGE), { recursive: true, force: true });
  rmSync(folder.counted, { recursive: true, force: true }); // casd takes its own away as well.
}

function readCount(folder: CacheFolder): Count {
  const file = join(folder.storage, DISK_USAGE);
  const { mtimeMs: writtenAt, ino: inode } = statSync(file);
  return { bytes: readFileSync(file, 'utf8').trim(), writtenAt, inode };
}

function isNewerThanObjects(folder: CacheFolder): boolean {
  const objects = join(folder.storage, BLOBS);
  const { mtimeMs } = statSync(join(folder.storage, DISK_USAGE));
  const fans = readdirSync(objects).map((name) => join(objects, name));
  return [objects, ...fans].every((path) => statSync(path).mtimeMs <= mtimeMs);
}
