import type { ContentAddressableStorageClient } from '../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import type { ByteStreamClient } from '../gen/google/bytestream/bytestream.services.js';
import type { Guard } from './guard/guard.js';

/** A remote's content-addressable storage: its clients, its name there, and what it said of itself. */
export interface CasService {
  readonly storage: ContentAddressableStorageClient;
  readonly byteStream: ByteStreamClient;
  readonly instance: string;
  readonly limits: CasLimits;
  readonly guard: Guard;
}

export interface CasLimits {
  /** Of one message with blobs, in bytes. */
  readonly maxBatchBytes: number;
  readonly maxBlobBytes: number | null;
  /** Whether batches may be compressed, up and down. */
  readonly zstdBatch: boolean;
  /** Whether `compressed-blobs/zstd` is there. */
  readonly zstdStream: boolean;
}

/** The resource name of ByteStream, `[instance/]rest`. */
export function resourceName(instance: string, rest: string): string {
  return instance === '' ? rest : `${instance}/${rest}`;
}
