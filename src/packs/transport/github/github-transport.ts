import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { constants, copyFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf, systemErrorCode } from '../../../errors.js';
import type { OwnSurroundings } from '../../../process/own-programs.js';
import { type FetchedObject, OversizedObject, type Transport, TransportError } from '../transport.js';
import { type Helper, startHelper } from './helper.js';
import { helperPool } from './pool.js';
import { makePrograms } from './programs.js';
import { type Answer, OBJECT, type Request } from './protocol.js';
import { cacheService } from './service.js';

export interface GithubTransportOptions {
  /** The bundled helper, `dist/github-cache.js`. */
  readonly program: string;
  /** The Node that runs it. */
  readonly node: string;
  /** The helper gets what it needs of the job's environment, and the machine's tar. */
  readonly machine: OwnSurroundings;
  /** For scratch, with room for an object and its archive at once. What is made in it is removed at the close. */
  readonly folder: string;
}

const NAME = "GitHub's cache";
/** More at once gave false misses. */
const MOST_HELPERS = 4;

/**
 * GitHub's cache, through GitHub's own library in helper processes: what hangs there is ended with the process, and
 * its surroundings are the same on every machine. The first helper starts at once, so that it is ready when it is
 * needed; only the close ends them.
 */
export function githubTransport(options: GithubTransportOptions): Transport {
  const { access, environment } = cacheService(options.machine.environment);
  const scratch = lazily(() => makeScratch(options.folder, options.machine));
  const pool = helperPool(() => startHelper({ ...options, ...scratch.get(), environment }), MOST_HELPERS);
  if (access.read || access.write) prepare(() => pool.prepare());

  const allow = (action: 'read' | 'write') => {
    if (!access[action]) throw new TransportError(access.why ?? `${NAME} is closed`, 'denied');
  };

  /** Fails with one line; an abort stays the caller's own reason. */
  async function attempt<T>(
    what: string,
    signal: AbortSignal,
    work: (helper: Helper) => Promise<T>,
  ): Promise<T> {
    try {
      return await pool.use(signal, work);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof TransportError || error instanceof OversizedObject) throw error;
      throw new TransportError(`${NAME}: could not ${what}: ${messageOf(error)}`, 'failed', { cause: error });
    }
  }

  async function fetchFirst(
    key: string,
    fits: (found: string) => boolean,
    target: string,
    most: number,
    signal: AbortSignal,
  ): Promise<FetchedObject | undefined> {
    allow('read');
    const what = `fetch ${key}`;
    return attempt(what, signal, async (helper) => {
      const answer = await helper.ask({ do: 'fetch', key, most }, signal);
      if (answer.is === 'nothing') return undefined;
      if (answer.is === 'oversized') {
        await helper.end();
        if (!fits(answer.key)) return undefined;
        throw new OversizedObject(answer.key, most);
      }
      if (answer.is !== 'found') throw failureOf(what, answer);
      // Where there is no such key, the service gives the newest that begins so.
      if (!fits(answer.key)) return undefined;
      await handOver(join(helper.folder, OBJECT), target, signal);
      return { key: answer.key, bytes: answer.bytes };
    });
  }

  async function isThere(helper: Helper, key: string, signal: AbortSignal): Promise<boolean> {
    const answer = await helper.ask({ do: 'look', key }, signal);
    if (answer.is === 'nothing') return false;
    if (answer.is !== 'found') throw failureOf(`look for ${key}`, answer);
    return answer.key === key;
  }

  async function storeWith(helper: Helper, key: string, file: string, signal: AbortSignal) {
    const request: Request = { do: 'store', key, file: resolve(file) };
    const answer = await helper.ask(request, signal);
    if (answer.is === 'stored') return 'stored';
    if (answer.is === 'reserved') return 'taken';
    const failure = failureOf(`store ${key}`, answer);
    if (answer.is === 'denied' || !access.read) throw failure;
    // "Already there" and "down" are hard to tell apart in what the library says; whether it is there is not.
    const there = await isThere(helper, key, signal).catch(() => false);
    if (there) return 'taken';
    throw failure;
  }

  return {
    name: NAME,
    access,
    fetchNewest: (prefix, target, most, signal) =>
      fetchFirst(prefix, (found) => found.startsWith(prefix), target, most, signal),
    fetch: (key, target, most, signal) => fetchFirst(key, (found) => found === key, target, most, signal),
    has: async (key, signal) => {
      allow('read');
      return attempt(`look for ${key}`, signal, (helper) => isThere(helper, key, signal));
    },
    store: async (key, file, signal) => {
      allow('write');
      return attempt(`store ${key}`, signal, (helper) => storeWith(helper, key, file, signal));
    },
    close: async () => {
      await pool.close();
      const root = scratch.made()?.root;
      if (root !== undefined) await rm(root, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function failureOf(what: string, answer: Answer): TransportError {
  const why = 'why' in answer ? answer.why : 'it gave an answer that does not fit';
  return new TransportError(
    `${NAME}: could not ${what}: ${why}`,
    answer.is === 'denied' ? 'denied' : 'failed',
  );
}

/** Moves a fetched object to where it was asked for. */
async function handOver(object: string, target: string, signal: AbortSignal): Promise<void> {
  try {
    await rename(object, target).catch(async (error: unknown) => {
      if (systemErrorCode(error) !== 'EXDEV') throw error;
      await copyFile(object, target, constants.COPYFILE_FICLONE);
    });
    signal.throwIfAborted();
  } catch (error) {
    await rm(target, { force: true });
    throw error;
  }
}

interface Scratch {
  readonly root: string;
  readonly programs: string;
}

function makeScratch(folder: string, machine: OwnSurroundings): Scratch {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The real path: the library takes one path relative to another, and its working folder's name is the real one.
  const root = realpathSync(mkdtempSync(join(folder, 'github-cache-')));
  const programs = join(root, 'programs');
  makePrograms(programs, machine);
  return { root, programs };
}

function lazily<T>(make: () => T): { get(): T; made(): T | undefined } {
  let value: T | undefined;
  return { get: () => (value ??= make()), made: () => value };
}

/** A helper that cannot be started ahead is started, and its failure told, when it is needed. */
function prepare(start: () => void): void {
  try {
    start();
  } catch {
    // As said.
  }
}
