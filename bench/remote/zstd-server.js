/**
 * A server of the Remote Execution API that keeps blobs in memory as they came, compressed or not, and gives them so:
 * casd speaks no zstd. What comes is checked against its digest, as every server does.
 *
 * Usage: node zstd-server.js COMPILED_SOURCES SOCKET; prints a line when it is ready.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as zlib from 'node:zlib';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

const [build, socket] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(join(build, path)).href);
const { ContentAddressableStorageService: Storage } = await load(
  'gen/build/bazel/remote/execution/v2/remote_execution.services.js',
);
const { Compressor_Value: Compressor, Directory } = await load(
  'gen/build/bazel/remote/execution/v2/remote_execution.js',
);
const { ByteStreamService: ByteStream } = await load('gen/google/bytestream/bytestream.services.js');

const PIECE = 256 * 1024;
/** By hash: how many bytes there are, and the bytes in one form or the other. */
const blobs = new Map();

function keep(hash, bytes, compressed) {
  const plain = compressed ? zlib.zstdDecompressSync(bytes) : bytes;
  if (createHash('sha256').update(plain).digest('hex') !== hash) return status.INVALID_ARGUMENT;
  blobs.set(hash, { bytes, compressed });
  return status.OK;
}

function inForm({ bytes, compressed }, wanted) {
  if (compressed === wanted) return bytes;
  return wanted ? zlib.zstdCompressSync(bytes) : zlib.zstdDecompressSync(bytes);
}

const storage = {
  findMissingBlobs: ({ request }, callback) =>
    callback(null, { missingBlobDigests: request.blobDigests.filter(({ hash }) => !blobs.has(hash)) }),
  batchUpdateBlobs: ({ request }, callback) =>
    callback(null, {
      responses: request.requests.map(({ digest, data, compressor }) => ({
        digest,
        status: { code: keep(digest.hash, data, compressor === Compressor.ZSTD), message: '', details: [] },
      })),
    }),
  batchReadBlobs: ({ request }, callback) => {
    const compress = request.acceptableCompressors.includes(Compressor.ZSTD);
    const responses = request.digests.map((digest) => ({
      digest,
      data: inForm(blobs.get(digest.hash), compress),
      compressor: compress ? Compressor.ZSTD : Compressor.IDENTITY,
      status: { code: status.OK, message: '', details: [] },
    }));
    callback(null, { responses });
  },
  getTree: (call) => {
    const directories = [];
    const walk = ({ hash }) => {
      const directory = Directory.decode(inForm(blobs.get(hash), false));
      directories.push(directory);
      for (const { digest } of directory.directories) walk(digest);
    };
    walk(call.request.rootDigest);
    call.write({ directories, nextPageToken: '' });
    call.end();
  },
};

const byteStream = {
  read: async (call) => {
    const [, form, hash] = /(compressed-blobs\/zstd|blobs)\/([0-9a-f]{64})\/\d+$/.exec(
      call.request.resourceName,
    );
    const bytes = inForm(blobs.get(hash), form !== 'blobs');
    for (let start = 0; start < bytes.length; start += PIECE) {
      const more = call.write({ data: bytes.subarray(start, start + PIECE) });
      if (!more) await new Promise((resolve) => call.once('drain', resolve));
    }
    call.end();
  },
  write: async (call, callback) => {
    const pieces = [];
    let name;
    for await (const request of call) {
      name ??= request.resourceName;
      pieces.push(request.data);
    }
    const [, form, hash] = /(compressed-blobs\/zstd|blobs)\/([0-9a-f]{64})\/\d+$/.exec(name);
    const bytes = Buffer.concat(pieces);
    const code = keep(hash, bytes, form !== 'blobs');
    if (code === status.OK) callback(null, { committedSize: bytes.length });
    else callback({ code });
  },
};

const unknown = (call, callback) => callback({ code: status.UNIMPLEMENTED });
const complete = (service, methods) =>
  Object.fromEntries(Object.keys(service).map((name) => [name, methods[name] ?? unknown]));
const server = new Server({
  'grpc.max_receive_message_length': 4 * 1024 * 1024,
  'grpc-node.flow_control_window': 16 * 1024 * 1024,
});
server.addService(Storage, complete(Storage, storage));
server.addService(ByteStream, complete(ByteStream, byteStream));
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log('ready');
});
