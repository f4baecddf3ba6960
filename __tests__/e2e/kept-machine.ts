import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { KeptSession } from '../../src/build/kept-session.js';
import { pendingFolder } from '../../src/build/kept-place.js';
import { saveKept } from '../../src/build/save-kept.js';
import { noteBuilt, readPending } from '../../src/cache/pending.js';
import { cacheFolder } from '../../src/casd/folder.js';
import { objectPath, resultPath } from '../../src/casd/layout.js';
import type { CacheConfig, KeptPlace } from '../../src/config/config.js';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Log, Machine } from '../../src/machine.js';
import { type Digest, digestOf } from '../../src/reapi/digest.js';
import type { KeptReport, SaveReport } from '../../src/report/kept-report.js';
import type { Provenance } from '../../src/trust/provenance.js';

const never = new AbortController().signal;

/** What the job is that the runner of the tests plays. */
export const PUSH: Provenance = {
  ...{ onGitHub: true, repository: 'octo/project', event: 'push', ref: 'refs/heads/main' },
  ...{ defaultBranch: 'main', baseBranch: undefined },
};

export interface Restored {
  /** The outputs, undefined where there is no hit. */
  readonly outputs: readonly Buffer[] | undefined;
  readonly warnings: readonly string[];
  readonly report: KeptReport | undefined;
}

const GITHUB: KeptPlace = { kind: 'github', explicit: true };

/** A machine that saves and restores results with the real code and the real helper, and does not build them. */
export class KeptMachine {
  readonly #root = mkdtempSync(join(tmpdir(), 'kept-machine-'));
  readonly #folder = cacheFolder(this.#root);
  readonly #warnings: string[] = [];
  readonly #config: CacheConfig;
  readonly #host: {
    readonly machine: Machine;
    readonly provenance: Provenance;
    readonly log: Log;
  };

  /** @param environment what the runner gives to an action */
  constructor(
    environment: Readonly<Record<string, string>>,
    { kept = GITHUB, timeLimit = 30_000, quota = 1e9 } = {},
  ) {
    const own = { PATH: process.env.PATH ?? '', ...environment };
    this.#config = {
      ...{ directory: this.#root, kept, key: 'CI / build', quota, maxAge: 14 * 86_400_000, timeLimit },
    };
    this.#host = {
      machine: {
        ...{ workspace: this.#root, home: this.#root, temporary: this.#root, userCache: this.#root },
        ...{ programs: resolve('dist'), toolCache: undefined, path: own.PATH.split(':'), image: undefined },
        ...{ environment: own, builder: 'test', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
      },
      provenance: PUSH,
      log: {
        phase: () => undefined,
        progress: () => undefined,
        info: () => undefined,
        warn: (text) => void this.#warnings.push(text),
      },
    };
  }

  /** Puts a result into the local cache, as a build leaves it that is to be saved. */
  async build(name: string, ...outputs: readonly Buffer[]): Promise<Digest> {
    const action = digestOf(Buffer.from(name));
    const outputFiles = outputs.map((output, at) => {
      const digest = digestOf(output);
      this.#put(objectPath(digest), output);
      return { path: `out-${at}`, digest };
    });
    this.#put(resultPath(action), ActionResult.encode(ActionResult.fromPartial({ outputFiles })).finish());
    await noteBuilt(this.#notes, action);
    return action;
  }

  async notes(): Promise<readonly string[]> {
    return (await readPending(this.#notes)).names;
  }

  async save(): Promise<SaveReport | undefined> {
    return saveKept(this.#config, this.#host, never);
  }

  /** What a run does that does not have the result itself. */
  async restore(action: Digest): Promise<Restored> {
    this.#warnings.length = 0;
    const { log } = this.#host;
    const session = await KeptSession.open(this.#config, this.#host, log, this.#folder, never);
    const outputs = await session?.attempt(async (source, signal) => {
      const result = await source.getActionResult(action, signal);
      if (result === undefined) return undefined;
      try {
        const digests = result.outputFiles.flatMap(({ digest }) => digest ?? []);
        return await Promise.all(digests.map((digest) => source.fetchBlob(digest, signal)));
      } catch (error) {
        if ((error as Error).name !== 'UnusableBlob') throw error;
        log.warn((error as Error).message);
        return undefined;
      }
    });
    const report = session?.report();
    await session?.close();
    return { outputs, warnings: [...this.#warnings], report };
  }

  dispose(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  get #notes(): string {
    return pendingFolder(this.#config, this.#host, this.#folder);
  }

  #put(path: string, content: Uint8Array): void {
    const file = join(this.#folder.storage, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
