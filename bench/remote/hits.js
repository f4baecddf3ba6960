import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Product } from '../product.js';
import { makeProject } from '../projects.js';
import { startCasd, startLink } from './parts.js';

const FILES = 20;
const SCRIPT = 'echo built; mkdir -p out; cp part-0/file-*.txt out; head -c 20000 part-0/file-1.txt > single';
const OUTPUTS = ['--outputs', 'out', '--outputs', 'single'];

/** What a hit is asked for: its outputs, or on a gate only whether it is there. */
const KINDS = [
  { kind: 'with outputs', flags: [] },
  { kind: 'gate', flags: ['--download-outputs', 'false'] },
];

/**
 * Measures hits of a remote through the command line, each on a fresh cache folder that remembers only its toolchain:
 * a folder, a file and stdout are fetched.
 *
 * @returns `[{ kind, roundTrip, samples: [{ wall, trips }] }]`, in milliseconds and round trips
 */
export async function measureRemoteHits(bench, { roundTrips, rounds }) {
  const { root, disk, program, place, cli, progress } = bench;
  const project = makeProject(join(disk, 'project'), FILES);
  const [first, elsewhere] = ['cache-first', 'cache-elsewhere'].map((name) => join(disk, name));
  const productOn = (folder) => new Product(process.execPath, cli, folder, place);
  const remote = await startCasd(program, join(root, 'server'));
  const measured = KINDS.flatMap((one) =>
    roundTrips.map((roundTrip) => ({ ...one, roundTrip, samples: [] })),
  );
  try {
    const flags = [...OUTPUTS, '--remote', `unix:${remote.socket}`, '--push', 'always'];
    await productOn(first).build(project, flags, SCRIPT);
    for (let round = 0; round < rounds; round++) {
      for (const one of measured) {
        progress(`round ${round + 1}: a hit, ${one.kind}, ${one.roundTrip} ms`);
        cpSync(join(first, 'memory'), join(elsewhere, 'memory'), { recursive: true });
        const link = await startLink(remote.socket, one.roundTrip, bench.bytesPerSecond);
        const over = [...OUTPUTS, ...one.flags, '--remote', `grpc://127.0.0.1:${link.port}`];
        const { wall } = await productOn(elsewhere).hit(project, over, SCRIPT);
        one.samples.push({ wall, trips: (await link.carried()).trips });
        await link.stop();
        rmSync(elsewhere, { recursive: true });
      }
    }
    return measured;
  } finally {
    productOn(first).stopDaemon();
    await remote.stop();
  }
}
