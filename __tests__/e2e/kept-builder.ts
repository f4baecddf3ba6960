import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pendingFolder } from '../../src/run/pack-place.js';
import { noteBuilt, noteUsed } from '../../src/packs/pending.js';
import { cacheFolder } from '../../src/local/folder.js';
import { type Digest, parseDigest } from '../../src/reapi/digest.js';
import { KeptScene, PUSH, warningsOf } from './kept-scene.js';
import type { KeptStage } from './kept-stage.js';

/** What a machine has still to save, by the names of the builds. */
export interface Notes {
  readonly built?: readonly string[];
  readonly used?: readonly string[];
}

export interface Rerun {
  /** `wrong`: a hit with other outputs than those of the build. */
  readonly result: string | undefined;
  readonly warnings: readonly string[];
}

/** A machine that has built everything and saved nothing, of which others are copies: a build takes long. */
export class KeptBuilder {
  readonly #actions = new Map<string, Digest>();
  readonly #outputs = new Map<string, string>();

  private constructor(
    private readonly scene: KeptScene,
    private readonly scripts: Readonly<Record<string, string>>,
  ) {}

  /** @param scripts each makes a file or a folder `out`, by the names of the builds */
  static async build(scripts: Readonly<Record<string, string>>): Promise<KeptBuilder> {
    const scene = await KeptScene.open();
    const builder = new KeptBuilder(scene, scripts);
    for (const name of Object.keys(scripts)) {
      const inputs = builder.#inputsOf(name, { cache: 'none' });
      const { outputs } = await scene.job({ machine: 'builder', inputs });
      const action = parseDigest(outputs['action-digest'] ?? '');
      if (action === undefined || outputs.result !== 'built') throw new Error(`${name} was not built`);
      builder.#actions.set(name, action);
      builder.#outputs.set(name, contentOf(join(scene.workspace, 'out')));
    }
    return builder;
  }

  /** The action's hash. */
  hashOf(name: string): string {
    return this.#actionOf(name).hash;
  }

  /** Makes a machine that has everything in its local cache, and has this still to save. */
  async furnish(stage: KeptStage, machine: string, { built = [], used = [] }: Notes): Promise<void> {
    this.#copy(stage, machine, ['casd', 'seals', 'memory']);
    const folder = cacheFolder(stage.scene.cacheOf(machine));
    const notes = pendingFolder({ packs: stage.place, key: 'CI / build' }, { provenance: PUSH }, folder);
    for (const name of built) await noteBuilt(notes, this.#actionOf(name));
    for (const name of used) await noteUsed(notes, this.hashOf(name));
  }

  /** Runs a build up to post, by default on a fresh machine. */
  async rerun(stage: KeptStage, name: string, machine = this.freshMachine(stage)): Promise<Rerun> {
    const { scene } = stage;
    const ran = await scene.job({ machine, inputs: this.#inputsOf(name, stage.inputs), post: false });
    const { result } = ran.outputs;
    if (ran.exitCode !== 0) throw new Error(`${name} ended with ${ran.exitCode}:\n${ran.log}`);
    const wrong = result === 'hit' && contentOf(join(scene.workspace, 'out')) !== this.#outputs.get(name);
    return { result: wrong ? 'wrong' : result, warnings: warningsOf(ran) };
  }

  /** A machine that has no results; what it knows of its toolchain makes it quicker. */
  freshMachine(stage: KeptStage, machine = stage.scene.freshMachine()): string {
    this.#copy(stage, machine, ['memory']);
    return machine;
  }

  close(): Promise<void> {
    return this.scene.close();
  }

  #inputsOf(name: string, inputs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    return { run: this.scripts[name] ?? '', outputs: 'out', ...inputs };
  }

  #actionOf(name: string): Digest {
    const action = this.#actions.get(name);
    if (action === undefined) throw new Error(`there is no build called ${name}`);
    return action;
  }

  #copy({ scene }: KeptStage, machine: string, names: readonly string[]): void {
    const [from, to] = [this.scene.cacheOf('builder'), scene.cacheOf(machine)];
    mkdirSync(join(to, 'run'), { recursive: true });
    for (const name of names) cpSync(join(from, name), join(to, name), { recursive: true });
  }
}

/** A hash over the names and contents of what is at a path. */
function contentOf(path: string): string {
  const hash = createHash('sha256');
  const names = statSync(path).isDirectory() ? readdirSync(path).sort() : [''];
  for (const name of names) hash.update(`${name}\n`).update(readFileSync(join(path, name)));
  return hash.digest('hex');
}
