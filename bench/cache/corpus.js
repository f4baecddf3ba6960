import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as zlib from 'node:zlib';

/** Which part of the blobs has which sizes, as in the folder of a build: most are small, most bytes are in few. */
const SIZES = [
  { share: 0.6, from: 1_000, to: 16_000 },
  { share: 0.3, from: 16_000, to: 128_000 },
  { share: 0.09, from: 128_000, to: 1_000_000 },
  { share: 0.01, from: 1_000_000, to: 8_000_000 },
];
const WORDS = Array.from({ length: 4096 }, (_, i) => Buffer.from(wordOf(i)));

/** Blobs in files, laid out like casd's; every other one is text, which compresses to a third, the rest is noise. */
export class Corpus {
  /** In the order in which a result names them. */
  digests = [];
  bytes = 0;
  #made = 0;
  #random;

  /** @param root where `cas/objects` is to be */
  constructor(root, seed) {
    this.root = root;
    this.seed = seed;
    this.#random = randomFrom(seed);
  }

  /** Makes blobs of so many bytes. */
  fill(bytes) {
    while (this.bytes < bytes) this.#put(this.digests.length, this.#make(this.#anySize()));
  }

  /** Makes so many blobs, each of about 1 kB. */
  fillSmall(count) {
    for (let i = 0; i < count; i++) this.#put(i, this.#make(200 + Math.floor(this.#random() * 1600)));
  }

  /**
   * Replaces blobs that hold this share of the bytes.
   *
   * @returns the bytes of the new ones, and what they take when they are compressed together
   */
  churn(share) {
    const made = [];
    let left = share * this.bytes;
    for (let tries = 0; left > 0 && tries < 50_000; tries++) {
      const place = Math.floor(this.#random() * this.digests.length);
      const { sizeBytes } = this.digests[place];
      if (sizeBytes > left * 1.1 && sizeBytes > 16_000) continue;
      rmSync(this.pathOf(this.digests[place]));
      this.bytes -= sizeBytes;
      const blob = this.#make(Math.ceil(sizeBytes * (0.9 + 0.2 * this.#random())));
      this.#put(place, blob);
      made.push(blob);
      left -= sizeBytes;
    }
    const all = Buffer.concat(made);
    return { bytes: all.length, compressed: zlib.zstdCompressSync(all).length };
  }

  pathOf({ hash }) {
    return join(this.root, 'cas/objects', hash.slice(0, 2), hash.slice(2));
  }

  #put(place, blob) {
    const digest = { hash: createHash('sha256').update(blob).digest('hex'), sizeBytes: blob.length };
    mkdirSync(dirname(this.pathOf(digest)), { recursive: true });
    writeFileSync(this.pathOf(digest), blob);
    this.digests[place] = digest;
    this.bytes += blob.length;
  }

  #make(bytes) {
    const number = this.#made++;
    return (number % 2 === 0 ? noise : text)(bytes, `${this.seed} ${number}`);
  }

  #anySize() {
    let rest = this.#random();
    const { from, to } = SIZES.find(({ share }) => (rest -= share) < 0) ?? SIZES[0];
    return Math.floor(from * (to / from) ** this.#random());
  }
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function randomFrom(seed) {
  let i = 0;
  return () => createHash('md5').update(`${seed} ${i++}`).digest().readUInt32LE() / 2 ** 32;
}

function noise(bytes, seed) {
  const key = createHash('md5').update(seed).digest();
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

/** Words, some of them much more often than others. */
function text(bytes, seed) {
  const picks = noise(bytes, seed);
  const blob = Buffer.allocUnsafe(bytes);
  for (let at = 0, i = 0; at < bytes; i += 2) {
    at += WORDS[(picks[i] * picks[i + 1]) >> 4].copy(blob, at);
  }
  return blob;
}

function wordOf(number) {
  const name = createHash('md5').update(String(number)).digest('base64');
  return name.slice(0, 3 + (number % 8)) + (number % 3 === 0 ? '\n' : ' ');
}
