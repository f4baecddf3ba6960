import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { credentials, type Metadata, status } from '@grpc/grpc-js';
import { expect } from '@jest/globals';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import {
  ActionCacheClient,
  ContentAddressableStorageClient,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { type Digest, digestOf, parseDigest } from '../../src/reapi/digest.js';
import { formatDuration } from '../../src/report/format-quantity.js';
import { FaultyProxy } from '../remote/faulty-proxy.js';
import { Bench, type BuildRecord, type Ended } from './command-line.js';

/** Makes two outputs, a folder and a file, of `in.txt`. */
export const SCRIPT = 'echo built; mkdir out; cp in.txt out/; echo more > single';

/** The folder of a cache with what is remembered of files. */
const MEMORY = 'memory';

export type Files = Readonly<Record<string, string>>;

/** What is built unless a test says otherwise. */
export const FILES: Files = { 'in.txt': 'x' };

export interface RemoteRecord extends BuildRecord {
  readonly remote: {
    readonly endpoint: string | null;
    readonly status: string;
    readonly services: readonly {
      readonly service: string;
      readonly available: boolean;
      readonly says: string;
    }[];
    readonly delay: number;
    readonly pushed: { readonly blobs: number; readonly bytes: number } | null;
  };
  readonly trust: { readonly tier: string; readonly mayPush: boolean; readonly why: string };
}

export interface Built extends Ended {
  readonly machine: Bench;
  readonly record: RemoteRecord;
}

/** A real casd that plays the server for the tests of a file. */
export class RemoteServer {
  readonly #bench = new Bench();
  readonly #known = new Map<string, Promise<void>>();
  #address = '';
  #salt = 0;

  get address(): string {
    return this.#address;
  }

  async start(): Promise<void> {
    await this.#bench.run([], 'true');
    this.#address = (await this.#bench.command('casd', 'start', '--cache-quota', '20G')).stdout.trim();
  }

  async stop(): Promise<void> {
    await this.#bench.dispose();
  }

  /** Whether it has the entry of an action. @param actionDigest as a record has it */
  async knows(actionDigest: string): Promise<boolean> {
    const client = new ActionCacheClient(this.#address, credentials.createInsecure());
    const ask = { instanceName: '', actionDigest: parseDigest(actionDigest), digestFunction: 0 } as const;
    const inline = { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] };
    try {
      return await new Promise<boolean>((done, fail) =>
        client.getActionResult({ ...ask, ...inline }, (error) => {
          if (error === null) done(true);
          else if (error.code === status.NOT_FOUND) done(false);
          else fail(error);
        }),
      );
    } finally {
      client.close();
    }
  }

  /** Whether it has a blob. */
  async holds(blob: Digest): Promise<boolean> {
    const client = new ContentAddressableStorageClient(this.#address, credentials.createInsecure());
    try {
      return await new Promise<boolean>((done, fail) =>
        client.findMissingBlobs(
          { instanceName: '', blobDigests: [blob], digestFunction: 0 },
          (error, answer) => (error ? fail(error) : done(answer.missingBlobDigests.length === 0)),
        ),
      );
    } finally {
      client.close();
    }
  }

  /** A test on a stage of its own, so that it can run beside others. */
  scene(play: (scene: Scene) => Promise<void>): () => Promise<void> {
    return () => this.#play(String(++this.#salt), play);
  }

  /**
   * The same where the server knows the result of building these files already. One stage's faults do not show on
   * another: an entry that is made again stays in the proxy, for casd knows none while it writes one anew (two clients
   * that wrote and two that read: 4 of 10 answers were NOT_FOUND).
   */
  knowing(files: Files, play: (scene: Scene) => Promise<void>): () => Promise<void> {
    return async () => {
      const salt = `known ${digestOf(Buffer.from(JSON.stringify(files))).hash}`;
      let known = this.#known.get(salt);
      if (known === undefined) {
        known = this.#play(salt, async (scene) => {
          await scene.buildOn(scene.freshMachine(files));
        });
        this.#known.set(salt, known);
      }
      await known;
      await this.#play(salt, (scene) => {
        scene.proxy.kept.UpdateActionResult = Buffer.from(
          ActionResult.encode(ActionResult.create()).finish(),
        );
        return play(scene);
      });
    };
  }

  async #play(salt: string, play: (scene: Scene) => Promise<void>): Promise<void> {
    const scene = new Scene(this.address, salt, join(this.#bench.cache, MEMORY));
    await scene.proxy.start();
    try {
      await play(scene);
    } finally {
      await scene.dispose();
    }
  }
}

/** Machines that have never built anything, and a way to the server that misbehaves where a test says so. */
export class Scene {
  readonly proxy: FaultyProxy;
  readonly #machines: Bench[] = [];

  constructor(
    readonly serverAddress: string,
    /** Makes the actions of this scene others than those of any other. */
    readonly salt: string,
    /** What its machines remember of their toolchain. */
    private readonly memory: string,
  ) {
    this.proxy = new FaultyProxy(serverAddress);
  }

  /** A machine that has never built anything, but has looked at its toolchain: that takes as long as all the rest. */
  freshMachine(files = FILES): Bench {
    const machine = new Bench(files);
    cpSync(this.memory, join(machine.cache, MEMORY), { recursive: true });
    this.#machines.push(machine);
    return machine;
  }

  get flags(): readonly string[] {
    const { proxy, salt } = this;
    const outputs = ['--outputs', 'out', '--outputs', 'single'];
    // The machine that runs the tests may be busy: nothing but what a test does is to be slow.
    return ['--remote', proxy.address, '--latency-budget', '5s', '--salt', salt, ...outputs];
  }

  /** Builds on a fresh machine, with these flags beside those of the scene. */
  build(...more: readonly string[]): Promise<Built> {
    return this.buildOn(this.freshMachine(), ...more);
  }

  async buildOn(machine: Bench, ...more: readonly string[]): Promise<Built> {
    const ended = await machine.record([...this.flags, ...more], SCRIPT);
    return { ...ended, machine, record: ended.record as RemoteRecord };
  }

  /** Changes the entry of an action on the server. */
  async spoil({ actionDigest }: BuildRecord, change: (result: ActionResult) => void): Promise<void> {
    const client = new ActionCacheClient(this.serverAddress, credentials.createInsecure());
    const ask = { instanceName: '', actionDigest: parseDigest(actionDigest), digestFunction: 0 } as const;
    const inline = { inlineStdout: false, inlineStderr: false, inlineOutputFiles: [] };
    const result = await new Promise<ActionResult>((done, fail) =>
      client.getActionResult({ ...ask, ...inline }, (error, answer) => (error ? fail(error) : done(answer))),
    );
    change(result);
    await new Promise((done, fail) =>
      client.updateActionResult(
        { ...ask, actionResult: result, resultsCachePolicy: undefined },
        (error, answer) => (error ? fail(error) : done(answer)),
      ),
    );
    client.close();
  }

  async dispose(): Promise<void> {
    this.proxy.stop();
    for (const machine of this.#machines) {
      await machine.dispose();
      expect(machine.leftovers()).toEqual([]);
    }
  }
}

/** All that a bad remote may add to a build, in milliseconds. */
const MOST = 10_000;

/**
 * What the remote cost is in the record and in the closing lines, and is no more than it may be.
 *
 * @param least milliseconds
 */
export function expectCost({ record, stderr }: Built, least = 0): void {
  const { delay } = record.remote;
  expect(delay).toBeGreaterThanOrEqual(least);
  expect(delay).toBeLessThanOrEqual(MOST);
  const told = / {2}remote +.*; it cost ([^;\n]+)/.exec(stderr)?.[1];
  expect(told).toBe(delay === 0 ? undefined : formatDuration(delay));
}

export function expectOutputs({ machine }: Built): void {
  expect(machine.read('out/in.txt')).toBe('x');
  expect(machine.read('single')).toBe('more\n');
}

/** Has the entry say that the build took so many seconds. */
export function took(seconds: number): (result: ActionResult) => void {
  return ({ executionMetadata: metadata }) => {
    const start = metadata?.executionStartTimestamp;
    if (metadata === undefined || start === undefined)
      throw new Error('the result does not say when it was built');
    metadata.executionCompletedTimestamp = { ...start, seconds: start.seconds + seconds };
  };
}

/** The first file that a result names. */
export function firstFile(result: ActionResult) {
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('the result has no file');
  return file;
}

/** Changes the entry that passes through the proxy. */
export function changeEntry(change: (result: ActionResult) => void) {
  return (message: Buffer): Buffer => {
    const result = ActionResult.decode(message);
    change(result);
    return Buffer.from(ActionResult.encode(result).finish());
  };
}

/** The bearer token that came with a call. */
export function tokenOf(metadata: Metadata): string {
  return String(metadata.get('authorization')[0] ?? '').replace(/^Bearer /, '');
}
