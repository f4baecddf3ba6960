/**
 * A server of the Remote Execution API that keeps everything in memory and speaks zstd, in batches and in streams.
 *
 * Usage: fork it with the path of the compiled map-server.ts of the tests; it sends the path of its socket, and ends
 * when it is disconnected from.
 */
import http2 from 'node:http2';
import { pathToFileURL } from 'node:url';

/** With the default of 64 KB an upload waits for a round trip each 64 KB. grpc-js has no option for servers. */
const WINDOW = 16 * 1024 * 1024;
const ZSTD = 1;

const { createServer } = http2;
http2.createServer = (options) =>
  createServer({ ...options, settings: { ...options.settings, initialWindowSize: WINDOW } }).on(
    'session',
    (session) => session.setLocalWindowSize(WINDOW),
  );

const { MapServer } = await import(pathToFileURL(process.argv[2]).href);
const server = new MapServer();
const { cacheCapabilities } = server.capabilities;
server.capabilities = {
  ...server.capabilities,
  cacheCapabilities: {
    ...cacheCapabilities,
    supportedCompressors: [ZSTD],
    supportedBatchUpdateCompressors: [ZSTD],
  },
};
await server.start();
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => undefined); // The bench ends this.
process.on('disconnect', () => {
  server.stop();
  process.exit();
});
process.send(server.address.replace(/^unix:/, ''));
