import { randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { peakMemory, timeCommand } from './measure.js';

/** The command line with a cache folder of its own. */
export class Product {
  constructor(node, cli, cache, place) {
    this.command = [node, cli];
    this.cache = cache;
    this.place = place;
    mkdirSync(cache, { recursive: true });
  }

  startDaemon() {
    return timeCommand([...this.command, 'casd', 'start', '--cache-dir', this.cache], this.place);
  }

  /** Leaves nothing running, whatever went wrong before. */
  stopDaemon() {
    const [node, ...words] = [...this.command, 'casd', 'stop', '--cache-dir', this.cache];
    try {
      execFileSync(node, words, { env: this.place.environment, stdio: ['ignore', 'ignore', 'ignore'] });
    } catch (error) {
      console.error(`casd was not stopped: ${error.message}`);
    }
  }

  /** Builds what is to be a hit from then on. */
  build(directory, flags, script) {
    return this.#measure(timeCommand, 'built', directory, flags, script);
  }

  /** Measures a run that must be a hit. */
  hit(directory, flags, script) {
    return this.#measure(timeCommand, 'hit', directory, flags, script);
  }

  /** Measures a run that must build: nobody had this salt before. */
  miss(directory, flags, script) {
    return this.#measure(timeCommand, 'built', directory, ['--salt', randomUUID(), ...flags], script);
  }

  /** The peak memory of a hit and of a miss. */
  async memory(directory, flags, script) {
    const salt = ['--salt', randomUUID(), ...flags];
    const built = await this.#measure(peakMemory, 'built', directory, salt, script);
    const hit = await this.#measure(peakMemory, 'hit', directory, salt, script);
    return { built: built.bytes, hit: hit.bytes };
  }

  async #measure(how, expected, directory, flags, script) {
    const words = ['run', '--json', '--cache-dir', this.cache, ...flags, '--', 'bash', '-c', script];
    const measured = await how([...this.command, ...words], { ...this.place, directory });
    const { result } = JSON.parse(measured.stdout);
    if (result !== expected) throw new Error(`a run was to be ${expected}, and is ${result}`);
    return measured;
  }
}
