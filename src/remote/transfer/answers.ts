import { Compressor_Value } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { Status } from '../../gen/google/rpc/status.js';
import { FieldReader } from '../../rpc/field-reader.js';

/** The tags of remote_execution.proto, of the messages that hold a blob or a digest each. */
const MISSING_DIGEST = 0x12;
const RESPONSE = 0x0a;
const RESPONSE_DIGEST = 0x0a;
const UPDATED_STATUS = 0x12;
const READ_DATA = 0x12;
const READ_STATUS = 0x1a;
const READ_COMPRESSOR = 0x20;
const HASH = 0x0a;

/** The hashes in an encoded `FindMissingBlobsResponse`. */
export function missingIn(message: Buffer): ReadonlySet<string> {
  const missing = new Set<string>();
  for (const fields = new FieldReader(message); fields.next();) {
    if (fields.tag === MISSING_DIGEST) missing.add(hashIn(fields));
  }
  return missing;
}

/** By hash, what became of each blob in an encoded `BatchUpdateBlobsResponse`; undefined: all went well. */
export function outcomesIn(message: Buffer): ReadonlyMap<string, Status | undefined> {
  const outcomes = new Map<string, Status | undefined>();
  for (const fields = new FieldReader(message); fields.next();) {
    if (fields.tag !== RESPONSE) continue;
    let hash = '';
    let status: Status | undefined;
    for (const inside = fields.inside(); inside.next();) {
      if (inside.tag === RESPONSE_DIGEST) hash = hashIn(inside);
      else if (inside.tag === UPDATED_STATUS) status = statusIn(inside);
    }
    outcomes.set(hash, status);
  }
  return outcomes;
}

/** One blob as it was read. */
export interface ReadBlob {
  /** Still in the memory of the message. */
  data: Buffer;
  compressor: Compressor_Value;
  /** Undefined: all went well. */
  status: Status | undefined;
}

const NOTHING = Buffer.alloc(0);

/** By hash, the blobs in an encoded `BatchReadBlobsResponse`. */
export function blobsIn(message: Buffer): ReadonlyMap<string, ReadBlob> {
  const blobs = new Map<string, ReadBlob>();
  for (const fields = new FieldReader(message); fields.next();) {
    if (fields.tag !== RESPONSE) continue;
    let hash = '';
    const blob: ReadBlob = { data: NOTHING, compressor: Compressor_Value.IDENTITY, status: undefined };
    for (const inside = fields.inside(); inside.next();) {
      if (inside.tag === RESPONSE_DIGEST) hash = hashIn(inside);
      else if (inside.tag === READ_DATA) blob.data = inside.content();
      else if (inside.tag === READ_STATUS) blob.status = statusIn(inside);
      else if (inside.tag === READ_COMPRESSOR) blob.compressor = inside.value as Compressor_Value;
    }
    blobs.set(hash, blob);
  }
  return blobs;
}

function hashIn(digest: FieldReader): string {
  let hash = '';
  for (const fields = digest.inside(); fields.next();) if (fields.tag === HASH) hash = fields.latin1();
  return hash;
}

/** A status without a code is OK: most servers send none, or an empty one. */
function statusIn(field: FieldReader): Status | undefined {
  if (field.start === field.end) return undefined;
  const status = Status.decode(field.content());
  return status.code === 0 ? undefined : status;
}
