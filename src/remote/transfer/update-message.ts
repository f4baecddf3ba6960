import type { Compressor_Value, Digest } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { contentBytes, FieldWriter, numberBytes } from '../../rpc/field-writer.js';

/** A blob's place in a message that stores blobs. */
export interface BlobToStore {
  readonly digest: Digest;
  readonly compressor: Compressor_Value;
  /** Of its bytes as they are sent. */
  readonly length: number;
}

export interface UpdateMessage {
  /** Where the bytes of each blob go, each with one byte more: that one is written over by `finish`. */
  readonly places: readonly Buffer[];
  /** The message, once all places are filled. */
  readonly finish: () => Buffer;
}

/** The tags of remote_execution.proto: number of the field, and how it is encoded. */
const INSTANCE_NAME = 0x0a;
const REQUEST = 0x12;
const DIGEST = 0x0a;
const HASH = 0x0a;
const SIZE_BYTES = 0x10;
const COMPRESSOR = 0x18;
const DATA = 0x12;

/**
 * A `BatchUpdateBlobsRequest`, laid out before its blobs are read, so that each is read to where it is sent from. The
 * generated encoder takes a message as objects, and copies each blob four times.
 *
 * @param allocate makes a buffer, with anything in it
 */
export function layOutUpdate(
  instance: string,
  blobs: readonly BlobToStore[],
  allocate: (bytes: number) => Buffer,
): UpdateMessage {
  const name = Buffer.from(instance);
  const begin = name.length === 0 ? 0 : contentBytes(name.length);
  const length = blobs.reduce((sum, blob) => sum + contentBytes(requestBytes(blob)), begin);
  const bytes = allocate(length + 1);
  let end = begin;
  const places = blobs.map((blob) => {
    end += contentBytes(requestBytes(blob));
    return bytes.subarray(end - blob.length, end + 1);
  });
  const finish = () => {
    const writer = new FieldWriter(bytes);
    if (name.length > 0) {
      writer.field(INSTANCE_NAME, name.length);
      writer.copy(name);
    }
    for (const blob of blobs) writeHead(writer, blob);
    return bytes.subarray(0, length);
  };
  return { places, finish };
}

function requestBytes({ digest, compressor, length }: BlobToStore): number {
  return contentBytes(digestBytes(digest)) + numberBytes(compressor) + contentBytes(length);
}

function digestBytes({ hash, sizeBytes }: Digest): number {
  return contentBytes(hash.length) + numberBytes(sizeBytes);
}

/** All but the blob's bytes, which are the last. */
function writeHead(writer: FieldWriter, blob: BlobToStore): void {
  const { digest, compressor, length } = blob;
  writer.field(REQUEST, requestBytes(blob));
  writer.field(DIGEST, digestBytes(digest));
  writer.field(HASH, digest.hash.length);
  writer.text(digest.hash);
  writer.field(SIZE_BYTES, digest.sizeBytes);
  writer.field(COMPRESSOR, compressor);
  writer.field(DATA, length);
  writer.skip(length);
}
