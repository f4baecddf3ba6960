import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { PostState } from '../../src/host/github/state.js';
import type { Provenance } from '../../src/trust/provenance.js';
import {
  type CacheScopes,
  type CacheService,
  type CacheServiceOptions,
  startCacheService,
} from '../packs/cache-service.js';
import { knowHost } from './host-memory.js';
import { type JobOptions, type JobResult, type Runner, type StartedPost, startRunner } from './runner.js';

export const MAIN: CacheScopes = { own: 'refs/heads/main' };
export const PULL: CacheScopes = { own: 'refs/pull/1/merge', base: MAIN.own, default: MAIN.own };

/** What the runner of the tests plays, as the action understands it. */
export const PUSH: Provenance = {
  ...{ ci: 'GitHub', sign: undefined, repository: 'octo/project', event: 'push', ref: MAIN.own },
  ...{ defaultBranch: 'main', baseBranch: undefined },
};

/** How a machine of GitHub's knows that the default branch is `main`. */
const PAYLOAD = { repository: { default_branch: 'main' } };

export interface SceneJob {
  /** The name of a machine; by default a fresh one. */
  readonly machine?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly scopes?: CacheScopes;
  readonly event?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly node?: string;
  /** False: the machine dies before post. */
  readonly post?: boolean;
  /** The folder of the action; by default this one. */
  readonly action?: string;
}

/** Jobs on any number of machines, with GitHub's cache between them. A machine is a cache folder of its own. */
export class KeptScene {
  readonly root = mkdtempSync(join(tmpdir(), 'kept-scene-'));
  #fresh = 0;

  private constructor(
    readonly service: CacheService,
    private readonly runner: Runner,
  ) {}

  static async open(options?: CacheServiceOptions): Promise<KeptScene> {
    const scene = new KeptScene(await startCacheService(options), await startRunner());
    mkdirSync(scene.workspace);
    scene.write('in.txt', 'hello\n');
    return scene;
  }

  get workspace(): string {
    return join(this.root, 'workspace');
  }

  write(path: string, content: string): void {
    writeFileSync(join(this.workspace, path), content);
  }

  read(path: string): string {
    return readFileSync(join(this.workspace, path), 'utf8');
  }

  freshMachine(): string {
    return `machine-${++this.#fresh}`;
  }

  cacheOf(machine: string): string {
    return join(this.root, machine);
  }

  /** Notes of what a machine has still to save. */
  notes(machine: string): string[] {
    const folder = join(this.cacheOf(machine), 'kept', 'pending');
    return existsSync(folder)
      ? readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('/'))
      : [];
  }

  /** Removes the results of a machine, and what it has to save; what it knows of its files stays, which is quicker. */
  forget(machine: string): void {
    for (const name of ['casd', 'kept'])
      rmSync(join(this.cacheOf(machine), name), { recursive: true, force: true });
  }

  options({ machine = this.freshMachine(), inputs = {}, scopes = MAIN, ...more }: SceneJob = {}): JobOptions {
    knowHost(this.cacheOf(machine));
    return {
      action: more.action ?? resolve('.'),
      inputs: {
        run: 'cat in.txt; cp in.txt out',
        outputs: 'out',
        'cache-dir': this.cacheOf(machine),
        ...inputs,
      },
      workspace: this.workspace,
      event: { name: more.event ?? 'push', payload: PAYLOAD },
      ...(more.node === undefined ? {} : { node: more.node }),
      ...(more.post === undefined ? {} : { post: more.post }),
      environment: {
        RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '',
        GITHUB_REF: scopes.own,
        GITHUB_BASE_REF: scopes.base?.replace('refs/heads/', ''),
        ACTIONS_CACHE_MODE: undefined,
        ...this.service.environment(scopes),
        ...more.environment,
      },
    };
  }

  /** A job from its beginning to its end; the outputs of the one before are gone. */
  async job(job: SceneJob = {}): Promise<JobResult> {
    rmSync(join(this.workspace, 'out'), { recursive: true, force: true });
    return this.runner.runJob(this.options(job));
  }

  /** Beside others: its outputs stay in the cache. */
  async jobBeside(job: SceneJob): Promise<JobResult> {
    const runner = await startRunner();
    try {
      return await runner.runJob(
        this.options({ ...job, inputs: { 'download-outputs': 'false', ...job.inputs } }),
      );
    } finally {
      await runner.dispose();
    }
  }

  /** Post of a job of this machine, whose main was before. */
  async startPost({ machine = this.freshMachine(), ...job }: SceneJob): Promise<StartedPost> {
    const runner = await startRunner();
    const state: PostState = { version: 1, cacheDirectory: this.cacheOf(machine), lease: null };
    const post = await runner.startPost(this.options({ ...job, machine }), {
      buildbox: JSON.stringify(state),
    });
    return { ...post, result: post.result.finally(() => runner.dispose()) };
  }

  async close(): Promise<void> {
    await this.runner.dispose();
    await this.service.close();
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Everything that was told as a warning, by main and post. */
export function warningsOf({ annotations, post }: JobResult): string[] {
  return [...annotations, ...(post?.annotations ?? [])].map(({ message }) => message);
}

/** What was told of the cache between runs, by main and post. */
export function linesAbout({ log, post }: JobResult, words: RegExp): string[] {
  return `${log}${post?.log ?? ''}`.split('\n').filter((line) => words.test(line));
}
