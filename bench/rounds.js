import { timeCommand } from './measure.js';
import { writeFiles } from './projects.js';

/** The namespaces that a build's sandbox is made of. */
const BWRAP = [
  'bwrap',
  ...['--unshare-user', '--unshare-pid', '--unshare-net', '--unshare-ipc', '--unshare-uts'],
  ...['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev'],
];

const READ_ALL = 'find . -name "*.txt" -type f -exec cat {} + | wc -c';
/** 20 kB of output from 20 files. */
const MAKE_OUTPUT = 'head -qc 1000 part-*/*.txt > out.bin';
const SMALL_FLAGS = ['--outputs', 'out.bin'];

/** What is measured, by name, in the order of a round. `setUp` is not measured. */
export function measurements({ node, cli, place, kept, alone, small, large, changing, files, hasBwrap }) {
  const plain = (argv, directory = large) => timeCommand(argv, { ...place, directory });
  const bash = ['bash', '-c', READ_ALL];
  let edition = 0;
  const renew = () => writeFiles(changing, files, `edition ${++edition}`);
  return {
    node: { run: () => plain([node, '-e', '0']) },
    load: { run: () => plain([node, cli, '--version']) },
    hit: { run: () => kept.hit(small, SMALL_FLAGS, MAKE_OUTPUT) },
    hitAlone: { run: () => alone.hit(small, SMALL_FLAGS, MAKE_OUTPUT) },
    bare: { run: () => plain(bash) },
    miss: { run: () => kept.miss(large, [], READ_ALL) },
    ...(hasBwrap && { bwrap: { run: () => plain([...BWRAP, ...bash]) } }),
    missAlone: { run: () => alone.miss(large, [], READ_ALL) },
    missRenewed: { setUp: renew, run: () => kept.miss(changing, [], READ_ALL) },
  };
}

/** Builds what the hits are to find, and fills the caches with the inputs of the misses. */
export async function prepareCaches({ kept, alone, small, large }) {
  await kept.startDaemon();
  for (const product of [kept, alone]) {
    await product.miss(large, [], READ_ALL);
    await product.build(small, SMALL_FLAGS, MAKE_OUTPUT);
  }
}

/** The peak memory, in bytes, of a miss and of a hit on the larger project. */
export function measureMemory({ kept, large }) {
  return kept.memory(large, [], READ_ALL);
}

/** One process of each measurement after the other, again and again, so that what disturbs one disturbs all. */
export async function playRounds(all, { warmUps, runs, signal }) {
  const samples = Object.fromEntries(Object.keys(all).map((name) => [name, { wall: [], processor: [] }]));
  for (let round = -warmUps; round < runs; round++) {
    for (const [name, { setUp, run }] of Object.entries(all)) {
      signal.throwIfAborted();
      setUp?.();
      const { wall, processor } = await run();
      if (round < 0) continue;
      samples[name].wall.push(wall);
      samples[name].processor.push(processor);
    }
  }
  return samples;
}
