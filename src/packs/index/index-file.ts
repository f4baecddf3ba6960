import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { messageOf } from '../../errors.js';
import type { CacheIndex } from './cache-index.js';
import { indexFromJson, indexToJson } from './index-json.js';
import { damagedIndex, UnreadableIndex } from './unreadable-index.js';

const FORMAT = 2;
const LONGEST_LINE = 128;
/** What an index may take, decompressed or not. A hundred thousand blobs take about 10 MB. */
export const MOST_BYTES = 256 * 1024 * 1024;

/** Lists and numbers in it: a list of nothing takes three bytes in the file, and twenty times that in memory. */
const MOST_ITEMS = 8_000_000;
/** What is smaller cannot hold so many that it matters. */
const SMALL_BYTES = 16 * 1024 * 1024;

/**
 * An index as a file: a line for people and programs of any version, then the rest, compressed.
 *
 * @throws RangeError when it would be too large to be read again
 */
export function encodeIndex(index: CacheIndex): Buffer {
  const text = Buffer.from(JSON.stringify(indexToJson(index)));
  if (text.length > MOST_BYTES || isCrowded(text)) {
    throw new RangeError(`an index of ${index.entries.size} entries takes ${text.length} bytes: too many`);
  }
  const body = gzipSync(text, { level: 1 });
  return Buffer.concat([Buffer.from(`${firstWords(FORMAT)} ${hashOf(FORMAT, body)}\n`), body]);
}

/** Decodes the index in a file. @throws UnreadableIndex */
export async function readIndex(file: string): Promise<CacheIndex> {
  const { size } = await stat(file);
  if (size > MOST_BYTES) throw damagedIndex(`it has ${size} bytes`);
  return decodeIndex(await readFile(file));
}

/**
 * Reads what `encodeIndex` wrote, and believes none of it before it is checked.
 *
 * @throws UnreadableIndex
 */
export function decodeIndex(file: Buffer): CacheIndex {
  const lineEnd = file.subarray(0, LONGEST_LINE).indexOf('\n');
  const line = /^buildbox-action index ([1-9][0-9]{0,8}) ([0-9a-f]{64})$/.exec(
    file.toString('latin1', 0, Math.max(lineEnd, 0)),
  );
  if (line === null) throw damagedIndex('it does not begin like one');
  const format = Number(line[1]);
  const body = file.subarray(lineEnd + 1);
  if (hashOf(format, body) !== line[2])
    throw damagedIndex('its content does not have the hash that it names');
  if (format > FORMAT) {
    throw new UnreadableIndex(
      `the index is of format ${format}, and this version of buildbox-action reads formats up to ${FORMAT}`,
      'newer',
    );
  }
  return indexFromJson(parse(body), format);
}

function parse(body: Buffer): unknown {
  try {
    const text = gunzipSync(body, { maxOutputLength: MOST_BYTES });
    if (isCrowded(text)) throw new Error('it holds more than memory is given for');
    return JSON.parse(text.toString());
  } catch (error) {
    throw damagedIndex(messageOf(error).split('\n', 1)[0] ?? '', { cause: error });
  }
}

/** Whether JSON would take far more memory than its length says. */
function isCrowded(text: Buffer): boolean {
  if (text.length <= SMALL_BYTES) return false;
  let items = 0;
  for (const byte of text) {
    if (byte === COMMA || byte === BRACKET || byte === BRACE) items++;
  }
  return items > MOST_ITEMS;
}

const [COMMA, BRACKET, BRACE] = Buffer.from(',[{');

/** Covers the format as well, so that a flipped bit in it is not taken for a newer version. */
function hashOf(format: number, body: Buffer): string {
  return createHash('sha256')
    .update(`${firstWords(format)}\n`)
    .update(body)
    .digest('hex');
}

function firstWords(format: number): string {
  return `buildbox-action index ${format}`;
}
