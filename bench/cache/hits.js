import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Product } from '../product.js';
import { makeProject } from '../projects.js';

const FILES = 20;
const SCRIPT = 'head -c 1000000 /dev/urandom > out.bin';
const OUTPUTS = ['--outputs', 'out.bin'];

/**
 * Measures hits with an output of 1 MB through the command line: in the local cache, and on a fresh cache folder by
 * what is kept in GitHub's cache beside all else that is kept under the same key.
 *
 * @returns milliseconds by round of hits in the local cache, `local` and, where the digests of the sources and the
 *   toolchain have to be made anew, `unremembered`, and of those on a `fresh` folder; and bytes downloaded by these
 */
export async function measureHits({ node, cli, root, service, place, rounds }, key) {
  const environment = {
    ...place.environment,
    ...(await service.environment({ own: 'refs/heads/main' })),
    GITHUB_REF: 'refs/heads/main',
  };
  const project = makeProject(join(root, 'project'), FILES);
  const [first, elsewhere] = ['cache-first', 'cache-elsewhere'].map((name) => join(root, name));
  const productOn = (folder) => new Product(node, cli, folder, { ...place, environment });
  const flags = [...OUTPUTS, '--cache', 'github', '--cache-key', key];
  const local = productOn(first);
  const samples = { local: [], unremembered: [], fresh: [], down: [] };
  const localHit = () => local.hit(project, [...OUTPUTS, '--cache', 'none'], SCRIPT);
  try {
    await local.build(project, flags, SCRIPT);
    for (let round = -1; round < rounds; round++) {
      const here = await localHit();
      rmSync(join(first, 'memory'), { recursive: true });
      const unremembered = await localHit();
      const { bytesDown } = await service.counts();
      const fresh = await productOn(elsewhere).hit(project, flags, SCRIPT);
      const down = (await service.counts()).bytesDown - bytesDown;
      rmSync(elsewhere, { recursive: true });
      if (round < 0) continue;
      samples.local.push(here.wall);
      samples.unremembered.push(unremembered.wall);
      samples.fresh.push(fresh.wall);
      samples.down.push(down);
    }
    return samples;
  } finally {
    local.stopDaemon();
  }
}
