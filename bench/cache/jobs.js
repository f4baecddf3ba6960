import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { timeCommand } from '../measure.js';

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What plays jobs, each a process of its own as on a machine of its own, and counts what it moved. */
export class Jobs {
  /** @param bench `node`, `root`, `service`, `place` (as in measure.js), `compiled`, `program` */
  constructor(bench) {
    this.bench = bench;
  }

  /** @param what `restore` or `save` */
  tarball(what, folder, prefix, key) {
    return this.#play([fileOf('tarball-job.js'), what, folder, prefix, key]);
  }

  /** @param request as in kept-job.js */
  kept(request) {
    const { root, compiled, program } = this.bench;
    const file = join(root, 'request.json');
    const scratch = join(root, 'scratch');
    writeFileSync(file, JSON.stringify({ ...request, scratch, compiled, program }));
    return this.#play([fileOf('kept-job.js'), file]);
  }

  async #play(words) {
    const { node, root, service, place } = this.bench;
    const temporary = join(root, 'runner-temp');
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary);
    const memory = join(root, 'peak-memory');
    const environment = {
      ...place.environment,
      ...(await service.environment({ own: 'refs/heads/main' })),
      RUNNER_TEMP: temporary,
      GITHUB_WORKSPACE: root,
      PEAK_MEMORY_FILE: memory,
    };
    const before = await service.counts();
    const argv = [node, '--import', fileOf('../peak-memory.js'), ...words];
    const { processor, stdout } = await timeCommand(argv, { ...place, environment, directory: root });
    const after = await service.counts();
    return {
      processor,
      memory: Number(readFileSync(memory, 'utf8')),
      up: after.bytesUp - before.bytesUp,
      down: after.bytesDown - before.bytesDown,
      ...JSON.parse(stdout.trim().split('\n').at(-1)),
    };
  }
}
