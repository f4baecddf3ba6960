import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { casdTransfers } from './casds.js';
import { makeCorpus } from './corpora.js';
import { startCasd, startLink, startZstdServer } from './parts.js';
import { toolTransfers } from './tools.js';

/**
 * Measures transfers up and down, ours and the peers', each to a server that has nothing. A round measures every case
 * once, one peer after the other.
 *
 * @param cases `[{ corpus, server: 'plain' or 'zstd', roundTrip, rounds }]`, the round trip in milliseconds
 * @returns the cases with `samples`: by peer a list of `{ up, down }`, each `{ took, wire }` in milliseconds and bytes
 */
export async function measureTransfers(bench, cases) {
  const peers = {
    ours: ourTransfers(bench),
    casd: casdTransfers(bench),
    ...(bench.tools === undefined ? {} : { tools: toolTransfers(bench, bench.tools) }),
  };
  const corpora = new Map();
  const samplesOf = () => Object.fromEntries(Object.keys(peers).map((name) => [name, []]));
  const measured = cases.map((one) => ({ ...one, samples: samplesOf() }));
  for (let round = 0; measured.some(({ rounds }) => round < rounds); round++) {
    for (const { corpus, server, roundTrip, rounds, samples } of measured) {
      if (round >= rounds) continue;
      if (!corpora.has(corpus)) corpora.set(corpus, makeCorpus(corpus, bench.root));
      for (const [name, peer] of Object.entries(peers)) {
        bench.progress(`round ${round + 1}: ${corpus}, ${server}, ${roundTrip} ms, ${name}`);
        samples[name].push(await upAndDown(bench, { server, roundTrip }, peer, corpora.get(corpus)));
      }
    }
  }
  return measured;
}

async function upAndDown(bench, { server, roundTrip }, peer, corpus) {
  const remote = await startServer(bench, server);
  const link = await startLink(remote.socket, roundTrip, bench.bytesPerSecond);
  const made = join(bench.root, 'made');
  const measure = async (way, folder) => {
    bench.place.signal.throwIfAborted();
    const before = await link.carried();
    const took = await peer[way](link.port, corpus, folder);
    const after = await link.carried();
    return { took, wire: after[way] - before[way] };
  };
  try {
    mkdirSync(made);
    return { up: await measure('up', corpus.folder), down: await measure('down', made) };
  } finally {
    rmSync(made, { recursive: true });
    await link.stop();
    await remote.stop();
  }
}

function startServer({ program, zstdServer, root }, kind) {
  return kind === 'zstd' ? startZstdServer(zstdServer) : startCasd(program, join(root, 'server'));
}

function ourTransfers({ compiled, place }) {
  const job = fileURLToPath(new URL('ours-job.js', import.meta.url));
  const transfer =
    (way) =>
    async (port, { manifest }, folder) => {
      const child = fork(job, [compiled, String(port), way, manifest, folder], { env: place.environment });
      const ended = once(child, 'exit');
      const [message] = await Promise.race([once(child, 'message'), ended]);
      await ended;
      if (typeof message !== 'object') throw new Error(`our transfer ended with ${message}`);
      return message.took;
    };
  return { up: transfer('up'), down: transfer('down') };
}
