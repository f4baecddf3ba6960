import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { timeCommand } from '../measure.js';

const MODES = ['fuse', 'copy', 'auto'];

/** Plays a case bare and in each mode, one after the other, again and again. */
export class StagedRuns {
  constructor(product, place) {
    this.product = product;
    this.place = place;
  }

  /** @returns wall times by mode, how long its build took by the record, and what `auto` chose for so many inputs */
  async play({ make, script }, directory, rounds) {
    make(directory);
    const samples = { bare: [], fuse: [], copy: [], auto: [] };
    let chosen;
    for (let round = -1; round < rounds; round++) {
      const bare = await timeCommand(['bash', '-c', script], { ...this.place, directory });
      if (round >= 0) samples.bare.push(bare.wall);
      for (const mode of MODES) {
        await this.#settle();
        const run = await this.product.miss(directory, ['--staging', mode], script);
        if (round >= 0) samples[mode].push(run.wall);
        if (mode === 'auto') chosen = JSON.parse(run.stdout);
      }
    }
    return { samples, chosen };
  }

  /** casd removes staged copies after the run; nobody else is to pay for that. */
  async #settle() {
    const staging = join(this.product.cache, 'casd', 'cas', 'staging');
    for (let i = 0; readdirSync(staging).length > 0 && i < 1000; i++) await sleep(100);
  }
}
