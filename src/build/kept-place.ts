import { join } from 'node:path';
import { folderTransport } from '../cache/folder-transport.js';
import { type CacheKeys, cacheKeys, shortHash } from '../cache/keys.js';
import { openScratch } from '../cache/scratch.js';
import type { Transport } from '../cache/transport.js';
import type { CacheFolder } from '../casd/folder.js';
import type { CacheConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import type { Machine } from '../machine.js';
import { type CacheScopes, cacheScopes } from '../trust/cache-scopes.js';

/** Where results are kept between runs, as this run may use it. */
export interface OpenKeptPlace extends AsyncDisposable {
  readonly transport: Transport;
  readonly keys: CacheKeys;
  readonly scopes: CacheScopes;
  /** A folder for what is being fetched or sent. */
  readonly scratch: string;
}

/** Opens the place that is configured; undefined where there is none, or nothing may be done there. */
export async function openKeptPlace(
  { kept, key }: CacheConfig,
  { machine, provenance, log }: Pick<Host, 'machine' | 'provenance' | 'log'>,
  folder: CacheFolder,
): Promise<OpenKeptPlace | undefined> {
  if (kept.kind === 'none') return undefined;
  const scratch = await openScratch(folder.kept.scratch);
  const transport =
    kept.kind === 'folder' ? folderTransport(kept.path) : await openGitHub(machine, scratch.path);
  const close = async () => {
    await transport.close();
    await scratch[Symbol.asyncDispose]();
  };
  const { access } = transport;
  if (access.why !== null) {
    const say = kept.kind === 'folder' || kept.explicit ? log.warn.bind(log) : log.info.bind(log);
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

async function openGitHub(machine: Machine, folder: string): Promise<Transport> {
  const { githubTransport } = await import(/* webpackMode: "eager" */ '../cache/github/github-transport.js');
  return githubTransport({
    program: join(machine.programs, 'github-cache.js'),
    node: process.execPath,
    environment: machine.environment,
    folder,
  });
}

/** The folder of the notes of what this machine has still to save at one place, under one ref. */
export function pendingFolder(
  { kept, key }: Pick<CacheConfig, 'kept' | 'key'>,
  { provenance }: Pick<Host, 'provenance'>,
  folder: CacheFolder,
): string {
  const { own } = cacheScopes(provenance);
  const place = kept.kind === 'folder' ? kept.path : `${kept.kind} ${provenance.repository ?? ''}`;
  return join(folder.kept.pending, shortHash([place, key, own.ref].join('\n')));
}
