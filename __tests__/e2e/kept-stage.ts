import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PackPlace } from '../../src/config/config.js';
import type { CacheServiceOptions } from '../packs/cache-service.js';
import { type KeptObjects, objectsIn, objectsOf } from './kept-objects.js';
import { KeptScene, type SceneJob } from './kept-scene.js';
import type { StartedPost } from './runner.js';
import type { StageResult } from './runner-model/step-process.js';
import { until } from './until.js';

export const PLACES = ['github', 'folder'] as const;
export type PlaceKind = (typeof PLACES)[number];

export interface KeptStageOptions extends Omit<CacheServiceOptions, 'like'> {
  /** A stage whose place is to be had from the beginning. */
  readonly like?: KeptStage | undefined;
  /** Of the jobs: `cache-time-limit`. */
  readonly timeLimit?: string;
}

/** One of the places where something can be kept, and machines around it. */
export class KeptStage {
  private constructor(
    readonly kind: PlaceKind,
    readonly scene: KeptScene,
    private readonly timeLimit: string,
  ) {}

  static async open(
    kind: PlaceKind,
    { like, timeLimit = '2m', ...options }: KeptStageOptions = {},
  ): Promise<KeptStage> {
    const scene = await KeptScene.open({ ...options, ...(like && { like: like.scene.service }) });
    const stage = new KeptStage(kind, scene, timeLimit);
    if (like !== undefined && kind === 'folder') cpSync(like.folder, stage.folder, { recursive: true });
    return stage;
  }

  get folder(): string {
    return join(this.scene.root, 'kept');
  }

  get place(): PackPlace {
    return this.kind === 'folder'
      ? { kind: this.kind, path: this.folder }
      : { kind: this.kind, explicit: true };
  }

  get inputs(): Readonly<Record<string, string>> {
    const cache = this.kind === 'folder' ? `folder:${this.folder}` : this.kind;
    return { cache, 'cache-time-limit': this.timeLimit };
  }

  /** What anybody can find there. */
  async objects(): Promise<KeptObjects> {
    return this.kind === 'folder' ? objectsIn(this.folder) : objectsOf(this.scene.service);
  }

  /**
   * Runs post on a machine, until all that it started has ended as well.
   *
   * @param interrupt what comes to it meanwhile
   */
  async save(
    machine: string,
    job: Pick<SceneJob, 'action' | 'environment'> = {},
    interrupt: (post: StartedPost) => Promise<void> = () => Promise.resolve(),
  ): Promise<StageResult> {
    const post = await this.scene.startPost({ ...job, machine, inputs: this.inputs });
    await interrupt(post);
    const result = await post.result;
    await until(async () => (await post.processes()).length === 0);
    return result;
  }

  /** What a machine is fetching or sending. */
  scratchOf(machine: string): string[] {
    const folder = join(this.scene.cacheOf(machine), 'kept', 'scratch');
    return existsSync(folder) ? readdirSync(folder) : [];
  }

  close(): Promise<void> {
    return this.scene.close();
  }
}
