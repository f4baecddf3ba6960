import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { digestOf, formatDigest, type Digest } from '../../reapi/digest.js';
import { SMALL_BLOB } from '../../cas/blob-source.js';
import type { BlobSink, BlobWriter } from '../../cas/blob-sink.js';
import type { Pack } from '../index/cache-index.js';
import { DamagedPack } from './damaged-pack.js';
import { nodeZstd, type NodeZstd } from '../../zstd/node-zstd.js';
import { confirmPack, packContent } from './pack-content.js';

/**
 * Reads blobs out of a pack. The file is held against its id before anything is read from it, and each blob against
 * its digest; reading ends with the last blob that is wanted.
 *
 * @param want hashes of blobs; what the pack gives is gone from it as soon as the sink has it, and what the pack does not
 * have is left alone
 * @param zstd null: uses a decompressor that is slower
 * @throws DamagedPack, or what a sink throws; no sink then holds a part of a blob
 */
export async function readPack(
  file: string,
  pack: Pack,
  want: Set<string>,
  sink: BlobSink,
  signal: AbortSignal,
  zstd: NodeZstd | null = nodeZstd,
): Promise<void> {
  const handle = await open(file);
  try {
    await confirmPack(handle, pack, signal);
    await readBlobs(handle, pack, want, sink, signal, zstd);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    await handle.close();
  }
}

interface WantedBlob {
  readonly digest: Digest;
  /** Where it begins in the pack's content, and where it ends. */
  readonly start: number;
  readonly end: number;
}

function wantedBlobs({ blobs }: Pack, want: ReadonlySet<string>): readonly WantedBlob[] {
  const found = new Map<string, WantedBlob>();
  let start = 0;
  for (const digest of blobs) {
    const end = start + digest.sizeBytes;
    if (want.has(digest.hash) && !found.has(digest.hash)) found.set(digest.hash, { digest, start, end });
    start = end;
  }
  return [...found.values()];
}

async function readBlobs(
  file: FileHandle,
  pack: Pack,
  want: Set<string>,
  sink: BlobSink,
  signal: AbortSignal,
  zstd: NodeZstd | null,
): Promise<void> {
  const wanted = wantedBlobs(pack, want);
  const last = wanted.at(-1);
  if (last === undefined) return;
  const receiver = new Receiver(pack, wanted, sink, ({ hash }) => want.delete(hash));
  try {
    if (last.end > 0) {
      for await (const piece of packContent(file, pack, signal, zstd)) {
        await receiver.receive(piece);
        if (receiver.done) break;
      }
    }
    await receiver.receive(Buffer.alloc(0));
    if (!receiver.done) throw new DamagedPack(pack.id, 'it holds less than its blobs');
  } finally {
    await receiver.discard();
  }
}

/** Cuts the wanted blobs out of the content that goes by. */
class Receiver {
  #next = 0;
  #position = 0;
  /** Of a small blob that has not come as a whole. */
  #gathered: Buffer | undefined;
  #large: { readonly writer: BlobWriter; readonly hash: Hash } | undefined;

  constructor(
    private readonly pack: Pack,
    private readonly wanted: readonly WantedBlob[],
    private readonly sink: BlobSink,
    private readonly onWhole: (digest: Digest) => void,
  ) {}

  get done(): boolean {
    return this.#next === this.wanted.length;
  }

  async receive(piece: Uint8Array): Promise<void> {
    const end = this.#position + piece.length;
    for (let blob = this.wanted[this.#next]; blob !== undefined; blob = this.wanted[this.#next]) {
      if (blob.start > end || (blob.start === end && blob.end > end)) break;
      const from = Math.max(blob.start - this.#position, 0);
      const part = piece.subarray(from, blob.end - this.#position);
      const whole = blob.end <= end;
      if (blob.digest.sizeBytes > SMALL_BLOB) await this.#receiveLarge(blob, part, whole);
      else {
        const content = this.#gather(blob, part, this.#position + from - blob.start);
        const taken = whole ? this.#take(blob, content) : undefined;
        if (taken !== undefined) await taken;
        if (whole) this.onWhole(blob.digest);
      }
      if (!whole) break;
      this.#next++;
    }
    this.#position = end;
  }

  /** Leaves nothing of a blob that has not come as a whole. */
  async discard(): Promise<void> {
    await this.#large?.writer.discard();
    this.#large = undefined;
  }

  #gather({ digest }: WantedBlob, part: Uint8Array, at: number): Uint8Array {
    if (part.length === digest.sizeBytes) return part;
    this.#gathered ??= Buffer.allocUnsafe(digest.sizeBytes);
    this.#gathered.set(part, at);
    return this.#gathered;
  }

  #take({ digest }: WantedBlob, content: Uint8Array): Promise<void> | void {
    this.#gathered = undefined;
    this.#confirm(digest, digestOf(content).hash);
    return this.sink.take(digest, content);
  }

  async #receiveLarge({ digest }: WantedBlob, part: Uint8Array, whole: boolean): Promise<void> {
    this.#large ??= { writer: await this.sink.begin(digest), hash: createHash('sha256') };
    const { writer, hash } = this.#large;
    hash.update(part);
    await writer.write(part);
    if (!whole) return;
    this.#confirm(digest, hash.digest('hex'));
    await writer.finish();
    this.onWhole(digest);
    this.#large = undefined;
  }

  #confirm(digest: Digest, hash: string): void {
    if (hash === digest.hash) return;
    throw new DamagedPack(this.pack.id, `where ${formatDigest(digest)} should be, there is ${hash}`);
  }
}
