/**
 * Measures transfers to and from a remote over a link of 100 Mbit/s, beside casd's own and beside casupload and
 * casdownload, and prints a table.
 *
 * Usage: node bench/remote.js [--round-trips 0,20,80] [--corpora small,deep,big,zstd] [--runs N] [--peers FOLDER]
 *   [--folder PATH]
 *
 * casupload and casdownload are taken from PATH, or from a folder that `bench/remote/fetch-peers.js` has filled. The
 * folder should be in memory (/dev/shm is taken where it is there), or the disk is measured as well.
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured, which is named.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as zlib from 'node:zlib';
import { measureCasds } from './remote/casds.js';
import { CORPORA } from './remote/corpora.js';
import { measureOurs } from './remote/ours.js';
import { compile, installedCasd, startCasd, startLink, startZstdServer } from './remote/parts.js';
import { findPeers, measurePeers } from './remote/peers.js';

const BYTES_PER_SECOND = 12_500_000;
/** What the wire carries beside the files: digests, names and frames. */
const BYTES_PER_FILE = 200;
/** What is carried how: the corpus, whether compressed, and how much longer than the link needs it may take. */
const CASES = {
  small: { corpus: 'small', zstd: false, slack: 1.5 },
  deep: { corpus: 'deep', zstd: false, slack: 1.5 },
  big: { corpus: 'big', zstd: false, slack: 1.2 },
  zstd: { corpus: 'big', zstd: true, slack: 1.2 },
};

const { values: options } = parseArgs({
  options: {
    'round-trips': { type: 'string', default: '0,20,80' },
    corpora: { type: 'string', default: Object.keys(CASES).join() },
    runs: { type: 'string', default: '1' },
    peers: { type: 'string' },
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
});

const peers = findPeers(options.peers);
const lacking = [];
if (peers === undefined)
  lacking.push('casupload and casdownload (not on PATH, and --peers names no folder with them)');
const root = mkdtempSync(join(options.folder, 'buildbox-bench-remote-'));
try {
  const load = compile(join(root, 'compiled'));
  console.log('| what | round trip | way | ours | target | casd | casupload, casdownload |');
  console.log('|---|---|---|---|---|---|---|');
  for (const name of options.corpora.split(',')) {
    for (const roundTrip of options['round-trips'].split(',').map(Number))
      await measure(load, name, roundTrip);
  }
  console.log(
    `\nNode ${process.versions.node}, load ${loadavg()
      .map((load) => load.toFixed(1))
      .join(', ')}`,
  );
} catch (error) {
  lacking.push(error.message);
} finally {
  rmSync(root, { recursive: true, force: true });
}
for (const what of lacking) console.error(`not measured: ${what}`);
if (lacking.length > 0) process.exitCode = 1;

async function measure(load, name, roundTrip) {
  const { corpus, zstd } = CASES[name];
  if (zstd && !('zstdCompressSync' in zlib)) {
    lacking.push(`${name} at ${roundTrip} ms: this Node, ${process.versions.node}, has no zstd`);
    return;
  }
  const rounds = { ours: [], casd: [], peers: [] };
  let carried;
  for (let round = 0; round < Number(options.runs); round++) {
    const blobs = await makeCorpus(load, corpus);
    carried = bytesOf(blobs, zstd);
    rounds.ours.push(
      await measureOne(load, roundTrip, zstd, (address, folder) =>
        measureOurs(load, address, blobs, { folder, zstd }),
      ),
    );
    // Neither casd nor its tools compress.
    if (zstd) continue;
    const program = installedCasd();
    rounds.casd.push(
      await measureOne(load, roundTrip, zstd, (address, folder) =>
        measureCasds(load, program, address, blobs, folder),
      ),
    );
    if (peers !== undefined)
      rounds.peers.push(
        await measureOne(load, roundTrip, zstd, (address, folder) =>
          measurePeers(peers, address, blobs, folder),
        ),
      );
  }
  for (const way of ['up', 'down']) print(name, roundTrip, way, rounds, carried);
}

/** Measures over a link to a server with nothing in it. */
async function measureOne(load, roundTrip, zstd, work) {
  const folder = join(root, 'remote');
  const remote = zstd
    ? await startZstdServer(folder, join(root, 'compiled/build'))
    : await startCasd(installedCasd(), folder);
  const link = await startLink(remote.socket, roundTrip, BYTES_PER_SECOND);
  try {
    return await work(`127.0.0.1:${link.port}`, join(root, 'local'));
  } finally {
    await link.stop();
    await remote.stop();
    rmSync(join(root, 'local'), { recursive: true, force: true });
  }
}

async function makeCorpus(load, name) {
  const { merkleTree } = await load('reapi/merkle.js');
  const { digestOf } = await load('reapi/digest.js');
  const { blobInMemory } = await load('remote/blob-source.js');
  const corpus = CORPORA[name](Math.random());
  const tree = merkleTree(corpus.nodes);
  const everything = [...corpus.blobs.values(), ...tree.directories.values()];
  return {
    ...corpus,
    root: tree.root,
    everything,
    sources: everything.map((blob) => blobInMemory(digestOf(blob), blob)),
  };
}

/** What the link has to carry. */
function bytesOf({ blobs }, zstd) {
  const sizes = [...blobs.values()].map((blob) => (zstd ? zlib.zstdCompressSync(blob).length : blob.length));
  return sizes.reduce((sum, size) => sum + size + BYTES_PER_FILE, 0);
}

function print(name, roundTrip, way, { ours, casd, peers: tools }, bytes) {
  const ideal = (bytes / BYTES_PER_SECOND) * 1000;
  const target = CASES[name].slack * ideal + 4 * roundTrip;
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
  const own = median(ours, way);
  const beside = (runs) => {
    if (runs.length === 0) return '';
    return `${seconds(median(runs, way))} (${(own / median(runs, way)).toFixed(2)}×)`;
  };
  const cells = [
    name,
    `${roundTrip} ms`,
    way,
    seconds(own),
    `≤ ${seconds(target)}`,
    beside(casd),
    beside(tools),
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

function median(runs, way) {
  const sorted = runs.map((run) => run[way]).sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
