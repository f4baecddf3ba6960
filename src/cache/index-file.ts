import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { messageOf } from '../errors.js';
import type { CacheIndex } from './cache-index.js';
import { indexFromJson, indexToJson } from './index-json.js';
import { damagedIndex, UnreadableIndex } from './unreadable-index.js';

const FORMAT = 1;
const LONGEST_LINE = 128;
/** What a decompressed index may take. A hundred thousand blobs take about 10 MB. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * An index as a file: a line for people and programs of any version, then the rest, compressed.
 *
 * @throws RangeError when it would be too large to be read again
 */
export function encodeIndex(index: CacheIndex): Buffer {
  const text = Buffer.from(JSON.stringify(indexToJson(index)));
  if (text.length > MOST_BYTES) {
    throw new RangeError(`an index of ${index.entries.size} entries takes ${text.length} bytes: too many`);
  }
  const body = gzipSync(text, { level: 1 });
  return Buffer.concat([Buffer.from(`${firstWords(FORMAT)} ${hashOf(FORMAT, body)}\n`), body]);
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
      `the index is of format ${format}, and this version of buildbox-action reads format ${FORMAT}`,
      'newer',
    );
  }
  return indexFromJson(parse(body));
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(gunzipSync(body, { maxOutputLength: MOST_BYTES }).toString());
  } catch (error) {
    throw damagedIndex(messageOf(error).split('\n', 1)[0] ?? '', { cause: error });
  }
}

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
