import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { Fault, messageOf, systemErrorCode } from '../errors.js';
import type { DigestCache, FileStatus } from '../digests/digest-cache.js';
import { digestOf } from '../reapi/digest.js';
import type { Status } from './status.js';

/** What it takes to digest many files: one per run. */
export interface FileReader {
  readonly memory: DigestCache;
  readonly signal: AbortSignal;
  /** Room for one small file. */
  readonly buffer: Buffer;
}

/** A file up to this size, in bytes, is read at once and without waiting. */
const SMALL = 256 * 1024;
const CHUNK = 1024 * 1024;
const ATTEMPTS = 4;
const PAUSE_MILLISECONDS = 20;

/** A symbolic link or a pipe that took the file's place meanwhile is neither followed nor waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EISDIR'];

export function fileReader(memory: DigestCache, signal: AbortSignal): FileReader {
  return { memory, signal, buffer: Buffer.allocUnsafe(SMALL + 1) };
}

/**
 * The SHA-256 of the file's content as 64 hexadecimal digits, if that takes no waiting: it is remembered, or the file
 * is small and stands still.
 *
 * @param status of the file, read just now.
 */
export function digestAtOnce(reader: FileReader, path: string, status: FileStatus): string | undefined {
  const known = reader.memory.recall(path, status);
  if (known !== undefined || status.size > SMALL) return known;
  const hash = readSmall(path, status, reader.buffer);
  if (hash !== undefined) reader.memory.remember(path, status, hash);
  return hash;
}

/**
 * The SHA-256 of a file of any size, and the status that belongs to this content. A file that changes while it is
 * read is read again.
 *
 * @throws Fault when the file does not come to rest, vanishes or cannot be read.
 */
export async function digestPatiently(
  reader: FileReader,
  path: string,
  statusNow: () => Status | undefined,
): Promise<{ hash: string; status: Status }> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    reader.signal.throwIfAborted();
    if (attempt > 0) await setTimeout(PAUSE_MILLISECONDS);
    const status = statusNow();
    const hash = status?.isFile() ? await readLarge(path, status, reader.signal) : undefined;
    if (status === undefined || hash === undefined) continue;
    reader.memory.remember(path, status, hash);
    return { hash, status };
  }
  throw new Fault(`${path} keeps changing, or went away, while it is being read`, {
    remedy:
      'Let what writes to it end before the build starts, or leave the file out: an input may not change while it is read.',
  });
}

function readSmall(path: string, status: FileStatus, buffer: Buffer): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, FLAGS);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, null);
    }
    if (length !== status.size || !sameContent(fstatSync(file), status)) return undefined;
    return digestOf(buffer.subarray(0, length)).hash;
  } catch (error) {
    if (!isGone(error)) throw unreadable(path, error);
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

async function readLarge(path: string, status: FileStatus, signal: AbortSignal): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, FLAGS);
    const { hash, length } = await hashStream(file, status.size, signal);
    return length === status.size && sameContent(await file.stat(), status) ? hash : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isGone(error)) throw unreadable(path, error);
    return undefined;
  } finally {
    await file?.close();
  }
}

/** Reads one chunk while it hashes the other, so that memory stays flat; ends soon after `limit` bytes. */
async function hashStream(file: FileHandle, limit: number, signal: AbortSignal) {
  const hash = createHash('sha256');
  let [chunk, next] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  let length = 0;
  let { bytesRead } = await file.read(chunk, 0, CHUNK, null);
  while (bytesRead > 0 && length <= limit) {
    signal.throwIfAborted();
    const reading = file.read(next, 0, CHUNK, null);
    hash.update(chunk.subarray(0, bytesRead));
    length += bytesRead;
    ({ bytesRead } = await reading);
    [chunk, next] = [next, chunk];
  }
  return { hash: hash.digest('hex'), length };
}

function sameContent(a: FileStatus, b: FileStatus): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs;
}

function isGone(error: unknown): boolean {
  return GONE.includes(systemErrorCode(error));
}

function unreadable(path: string, cause: unknown): Fault {
  return new Fault(`cannot read the input ${path}: ${messageOf(cause)}`, {
    remedy: 'Make it readable for this user, remove it, or exclude it from the inputs.',
    cause,
  });
}
