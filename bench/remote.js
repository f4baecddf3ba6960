/**
 * Measures transfers to and from a remote over a link of 100 Mbit/s, beside casd's own, and prints a table.
 *
 * Usage: node bench/remote.js [--round-trips 0,20,80] [--corpora small,deep,big] [--folder PATH]
 *
 * The folder should be in memory (/dev/shm is taken where it is there), or the disk is measured as well.
 * Exits with 0, whatever the numbers are; with 1 when something could not be measured.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureCasds } from './remote/casds.js';
import { CORPORA } from './remote/corpora.js';
import { measureOurs } from './remote/ours.js';
import { compile, installedCasd, startCasd, startLink } from './remote/parts.js';

const BYTES_PER_SECOND = 12_500_000;
/** What the wire carries beside the files: digests, names and frames. */
const BYTES_PER_FILE = 200;

const { values: options } = parseArgs({
  options: {
    'round-trips': { type: 'string', default: '0,20,80' },
    corpora: { type: 'string', default: 'small,deep,big' },
    folder: { type: 'string', default: existsSync('/dev/shm') ? '/dev/shm' : tmpdir() },
  },
});

const root = mkdtempSync(join(options.folder, 'buildbox-bench-remote-'));
try {
  const load = compile(join(root, 'compiled'));
  console.log('| what | round trip | way | ours | target | casd | ratio |');
  console.log('|---|---|---|---|---|---|---|');
  for (const name of options.corpora.split(',')) {
    for (const roundTrip of options['round-trips'].split(',').map(Number)) {
      await measure(load, name, roundTrip);
    }
  }
} catch (error) {
  console.error(`not measured: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}

async function measure(load, name, roundTrip) {
  const program = installedCasd();
  const ours = await overLink(program, roundTrip, async (address) =>
    measureOurs(load, address, await makeCorpus(load, name), join(root, 'files')),
  );
  rmSync(join(root, 'files'), { recursive: true, force: true });
  const theirs = await overLink(program, roundTrip, async (address) =>
    measureCasds(load, program, address, await makeCorpus(load, name), join(root, 'local')),
  );
  for (const way of ['up', 'down']) print(name, roundTrip, way, ours[way], theirs[way]);
}

async function overLink(program, roundTrip, work) {
  const remote = await startCasd(program, join(root, 'remote'));
  const link = await startLink(remote.socket, roundTrip, BYTES_PER_SECOND);
  try {
    return await work(`127.0.0.1:${link.port}`);
  } finally {
    await link.stop();
    await remote.stop();
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

function print(name, roundTrip, way, ours, theirs) {
  const files = name === 'big' ? 20 : 5000;
  const bytes = name === 'big' ? 200_000_000 : files * 2048;
  const ideal = ((bytes + files * BYTES_PER_FILE) / BYTES_PER_SECOND) * 1000;
  const target = name === 'big' ? 1.2 * ideal : 1.5 * ideal + 4 * roundTrip;
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
  const cells = [name, `${roundTrip} ms`, way, seconds(ours), `≤ ${seconds(target)}`, seconds(theirs)];
  console.log(`| ${[...cells, `${(ours / theirs).toFixed(2)}×`].join(' | ')} |`);
}
