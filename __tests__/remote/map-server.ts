import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Metadata,
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type ActionResult,
  Compressor_Value,
  Directory,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import {
  type ActionCacheServer,
  ActionCacheService,
  type CapabilitiesServer,
  CapabilitiesService,
  type ContentAddressableStorageServer,
  ContentAddressableStorageService,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import {
  type ByteStreamServer,
  ByteStreamService,
} from '../../src/gen/google/bytestream/bytestream.services.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';
import { nodeZstd } from '../../src/zstd/node-zstd.js';
import { CAPABILITIES } from './endpoint-server.js';

/** A server of the Remote Execution API that keeps blobs in a map: for what casd does not speak, and for odd answers. */
export class MapServer {
  readonly blobs = new Map<string, Buffer>();
  readonly results = new Map<string, ActionResult>();
  capabilities = CAPABILITIES;
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  /** The bytes of blobs as they came and went. */
  received = 0;
  sent = 0;
  /** Called first in every method; what it returns is the answer's status. */
  refuse: (method: string, call: number) => Partial<ServiceError> | undefined = () => undefined;
  /** The status of one blob in a batch. */
  refuseBlob: (digest: Digest, call: number) => number = () => status.OK;
  /** What is sent instead of a blob. */
  falsify: (digest: Digest, bytes: Buffer) => Buffer = (_, bytes) => bytes;
  /** Splits compressed blobs into frames of so many bytes. */
  frameBytes = Infinity;
  /** Directories of GetTree: how many a message, and which are left out. */
  pageSize = 100;
  pagesACall = Infinity;
  hides: (digest: Digest) => boolean = () => false;
  readonly #folder = mkdtempSync(join(tmpdir(), 'map-server-'));
  readonly #server = new Server({ 'grpc.max_receive_message_length': 4 * 1024 * 1024 });

  get address(): string {
    return `unix:${this.#folder}/socket`;
  }

  async start(): Promise<void> {
    this.#server.addService(CapabilitiesService, this.#capabilities());
    this.#server.addService(ContentAddressableStorageService, this.#storage());
    this.#server.addService(ByteStreamService, this.#byteStream());
    this.#server.addService(ActionCacheService, this.#actionCache());
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(this.address, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.#folder, { recursive: true });
  }

  add(bytes: Uint8Array | string): Digest {
    const blob = Buffer.from(bytes as Uint8Array);
    const digest = digestOf(blob);
    this.blobs.set(digest.hash, blob);
    return digest;
  }

  #answer<T>(method: string, callback: sendUnaryData<T>, answer: () => T): void {
    const refused = this.#refusal(method);
    if (refused === undefined) callback(null, answer());
    else callback({ details: '', metadata: new Metadata(), ...refused });
  }

  #refusal(method: string): Partial<ServiceError> | undefined {
    const call = (this.calls[method] = (this.calls[method] ?? 0) + 1);
    return this.refuse(method, call);
  }

  #capabilities(): CapabilitiesServer {
    return {
      getCapabilities: (_, callback) => this.#answer('GetCapabilities', callback, () => this.capabilities),
    };
  }

  #storage(): ContentAddressableStorageServer {
    const unimplemented = (_: unknown, callback: (error: Partial<ServiceError>) => void) =>
      callback({ code: status.UNIMPLEMENTED });
    return {
      findMissingBlobs: ({ request }, callback) =>
        this.#answer('FindMissingBlobs', callback, () => ({
          missingBlobDigests: request.blobDigests.filter(({ hash }) => !this.blobs.has(hash)),
        })),
      batchUpdateBlobs: ({ request }, callback) =>
        this.#answer('BatchUpdateBlobs', callback, () => ({
          responses: request.requests.map(({ digest = digestOf(Buffer.alloc(0)), data, compressor }) => {
            this.received += data.length;
            const code = this.refuseBlob(digest, this.calls.BatchUpdateBlobs ?? 0);
            const bytes = compressor === Compressor_Value.ZSTD ? this.#unfold(data) : data;
            if (code === 0) this.blobs.set(digestOf(bytes).hash, Buffer.from(bytes));
            return { digest, status: { code, message: 'as told', details: [] } };
          }),
        })),
      batchReadBlobs: ({ request }, callback) =>
        this.#answer('BatchReadBlobs', callback, () => ({
          responses: request.digests.map((digest) => {
            const blob = this.blobs.get(digest.hash);
            const code =
              blob === undefined ? status.NOT_FOUND : this.refuseBlob(digest, this.calls.BatchReadBlobs ?? 0);
            const compress = request.acceptableCompressors.includes(Compressor_Value.ZSTD);
            const plain = this.falsify(digest, blob ?? Buffer.alloc(0));
            const data = code !== 0 ? Buffer.alloc(0) : compress ? this.#fold(plain) : plain;
            this.sent += data.length;
            return {
              digest,
              data,
              compressor: compress ? Compressor_Value.ZSTD : Compressor_Value.IDENTITY,
              status: { code, message: 'as told', details: [] },
            };
          }),
        })),
      getTree: (call) => {
        const refused = this.#refusal('GetTree');
        if (refused !== undefined) {
          call.emit('error', refused);
          return;
        }
        const all = this.#directoriesBelow(call.request.rootDigest ?? this.add(''));
        let start = Number(call.request.pageToken);
        for (let page = 0; page < this.pagesACall && start < all.length; page++) {
          const directories = all.slice(start, (start += this.pageSize));
          call.write({ directories, nextPageToken: start < all.length ? String(start) : '' });
        }
        call.end();
      },
      splitBlob: unimplemented,
      spliceBlob: unimplemented,
    };
  }

  #directoriesBelow(root: Digest): Directory[] {
    const bytes = this.blobs.get(root.hash);
    if (bytes === undefined || this.hides(root)) return [];
    const directory = Directory.decode(bytes);
    return [
      directory,
      ...directory.directories.flatMap(({ digest = root }) => this.#directoriesBelow(digest)),
    ];
  }

  #byteStream(): ByteStreamServer {
    return {
      queryWriteStatus: (_, callback) => callback({ code: status.UNIMPLEMENTED }),
      read: (call) => {
        const { resourceName, readOffset } = call.request;
        const [, zipped, hash = ''] =
          /(compressed-blobs\/zstd|blobs)\/([0-9a-f]{64})\/\d+$/.exec(resourceName) ?? [];
        const blob = this.blobs.get(hash);
        const refused =
          this.#refusal('Read') ?? (blob === undefined ? { code: status.NOT_FOUND } : undefined);
        // A refusal with a number of bytes comes after so many of them.
        const plain = this.falsify({ hash, sizeBytes: blob?.length ?? 0 }, blob ?? Buffer.alloc(0)).subarray(
          readOffset,
        );
        const upTo = refused === undefined ? Infinity : Number(refused.message ?? 0);
        const data = (zipped === 'blobs' ? plain : this.#fold(plain)).subarray(0, upTo);
        for (let start = 0; start < data.length; start += 100_000) {
          call.write({ data: data.subarray(start, start + 100_000) });
        }
        this.sent += data.length;
        if (refused === undefined) call.end();
        else setTimeout(() => call.emit('error', refused), 20);
      },
      write: (call, callback) => {
        const pieces: Buffer[] = [];
        let name = '';
        const refused = this.#refusal('Write');
        if (refused !== undefined) {
          callback({ details: '', ...refused });
          return;
        }
        call.on('data', (request: { resourceName: string; data: Buffer; writeOffset: number }) => {
          name ||= request.resourceName;
          const hash = /([0-9a-f]{64})\/\d+$/.exec(name)?.[1] ?? '';
          const known = this.blobs.get(hash);
          if (known !== undefined) {
            callback(null, { committedSize: name.includes('/blobs/') ? known.length : -1 });
            return;
          }
          pieces.push(request.data);
          this.received += request.data.length;
        });
        call.on('end', () => {
          const sent = Buffer.concat(pieces);
          const blob = name.includes('compressed-blobs') ? this.#unfold(sent) : sent;
          this.blobs.set(digestOf(blob).hash, blob);
          callback(null, { committedSize: sent.length });
        });
      },
    };
  }

  #actionCache(): ActionCacheServer {
    return {
      getActionResult: ({ request }, callback) => {
        const result = this.results.get(request.actionDigest?.hash ?? '');
        if (result === undefined) callback({ code: status.NOT_FOUND, details: 'no entry' });
        else this.#answer('GetActionResult', callback, () => result);
      },
      updateActionResult: ({ request: { actionDigest, actionResult } }, callback) =>
        this.#answer('UpdateActionResult', callback, () => {
          if (actionResult !== undefined) this.results.set(actionDigest?.hash ?? '', actionResult);
          return actionResult ?? ({} as ActionResult);
        }),
    };
  }

  #fold(bytes: Buffer): Buffer {
    const frames: Buffer[] = [];
    for (let start = 0; start < bytes.length || start === 0; start += this.frameBytes) {
      frames.push(
        nodeZstd?.zstdCompressSync(bytes.subarray(start, start + this.frameBytes)) ?? Buffer.alloc(0),
      );
    }
    return Buffer.concat(frames);
  }

  #unfold(bytes: Buffer): Buffer {
    return nodeZstd?.zstdDecompressSync(bytes) ?? Buffer.alloc(0);
  }
}
