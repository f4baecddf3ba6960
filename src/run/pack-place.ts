import { join } from 'node:path';
import { type CacheKeys, cacheKeys, scopeText, shortHash } from '../packs/index/keys.js';
import { openFolder } from '../packs/transport/folder/open-folder.js';
import { openScratch } from '../packs/scratch.js';
import type { Transport } from '../packs/transport/transport.js';
import type { CacheFolder } from '../local/folder.js';
import type { CacheConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { Machine } from '../machine.js';
import { type CacheScopes, cacheScopes } from '../trust/cache-scopes.js';

/** Where results are kept between runs, as this run may use it. */
export interface OpenPackPlace extends AsyncDisposable {
  readonly transport: Transport;
  readonly keys: CacheKeys;
  readonly scopes: CacheScopes;
  /** A folder for what is being fetched or sent. */
  readonly scratch: string;
}

/** A folder that takes longer to say what may be done in it is left alone, in milliseconds. */
const FOLDER_LIMIT = 10_000;

/**
 * Opens the place that is configured; undefined where there is none, or nothing may be done there.
 *
 * @throws the signal's reason
 */
export async function openPackPlace(
  { packs, key, timeLimit }: CacheConfig,
  { machine, provenance, log }: Pick<Host, 'machine' | 'provenance' | 'log'>,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<OpenPackPlace | undefined> {
  if (packs.kind === 'none') return undefined;
  const scratch = await openScratch(folder.packs.scratch);
  const openTransport = () =>
    packs.kind === 'folder'
      ? openShare(machine, packs.path, Math.min(FOLDER_LIMIT, timeLimit), signal)
      : openGitHub(machine, scratch.path);
  const transport = await openTransport().catch(async (error: unknown) => {
    await scratch[Symbol.asyncDispose]();
    throw error;
  });
  const close = async () => {
    await transport.close();
    await scratch[Symbol.asyncDispose]();
  };
  const { access } = transport;
  if (access.why !== null) {
    const say = packs.kind === 'folder' || packs.explicit ? log.warn.bind(log) : log.info.bind(log);
    say(access.why);
  }
  if (!access.read && !access.write) {
    await close();
    return undefined;
  }
  return {
    transport,
    keys: cacheKeys(key),
    scopes: cacheScopes(provenance),
    scratch: scratch.path,
    [Symbol.asyncDispose]: close,
  };
}

async function openShare(
  { programs, environment }: Machine,
  path: string,
  limit: number,
  signal: AbortSignal,
): Promise<Transport> {
  const program = join(programs, 'folder-cache.js');
  // The runner ends what carries it, should it outlive the job.
  const { RUNNER_TRACKING_ID: id } = environment;
  const passed = id === undefined ? {} : { RUNNER_TRACKING_ID: id };
  return openFolder({ path, program, node: process.execPath, environment: passed, limit }, signal);
}

async function openGitHub(machine: Machine, folder: string): Promise<Transport> {
  const { githubTransport } = await import(
    /* webpackChunkName: "later" */ '../packs/transport/github/github-transport.js'
  );
  return githubTransport({
    program: join(machine.programs, 'github-cache.js'),
    node: process.execPath,
    machine,
    folder,
  });
}

/** The folder of the notes of what this machine has still to save at one place, under one scope. */
export function pendingFolder(
  { packs, key }: Pick<CacheConfig, 'packs' | 'key'>,
  { provenance }: Pick<Host, 'provenance'>,
  folder: CacheFolder,
): string {
  const { own } = cacheScopes(provenance);
  const place = packs.kind === 'folder' ? packs.path : `${packs.kind} ${provenance.repository ?? ''}`;
  return join(folder.packs.pending, shortHash([place, key, scopeText(own)].join('\n')));
}
