import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { isRunning, processIdentity, type ProcessIdentity } from '../process/identity.js';
import type { CacheFolder } from './folder.js';

/**
 * The right to a running casd. It ends with its owner; one without an owner was asked for by `casd start` and lasts
 * until `casd stop`.
 */
export interface Lease {
  readonly id: string;
  readonly owner: ProcessIdentity | null;
}

const stored = v.object({ version: v.literal(1), owner: v.nullable(processIdentity) });

/** Writes it beside the others first: who looks at them without the folder's lock must not find half of one. */
export async function addLease(folder: CacheFolder, lease: Lease): Promise<void> {
  await mkdir(folder.leases, { recursive: true });
  const unfinished = join(folder.run, `lease.${process.pid}`);
  await writeFile(unfinished, JSON.stringify({ version: 1, owner: lease.owner }));
  await rename(unfinished, leaseFile(folder, lease.id));
}

export function hasLease(folder: CacheFolder, id: string): boolean {
  return existsSync(leaseFile(folder, id));
}

export async function removeLease(folder: CacheFolder, id: string): Promise<void> {
  await rm(leaseFile(folder, id), { recursive: true, force: true }).catch(() => undefined);
}

/** The leases whose owners still run; those of processes that crashed are removed. */
export async function liveLeases(folder: CacheFolder): Promise<readonly Lease[]> {
  const names = await readdir(folder.leases).catch(() => []);
  const leases = await Promise.all(names.map((name) => readLease(folder, name)));
  return leases.filter((lease) => lease !== undefined);
}

async function readLease(folder: CacheFolder, name: string): Promise<Lease | undefined> {
  const id = name.replace(/\.json$/, '');
  try {
    const { owner } = v.parse(stored, JSON.parse(await readFile(leaseFile(folder, id), 'utf8')));
    if (owner === null || isRunning(owner)) return { id, owner };
  } catch {
    // Unreadable, so nobody's.
  }
  await rm(join(folder.leases, name), { recursive: true, force: true }).catch(() => undefined);
  return undefined;
}

function leaseFile(folder: CacheFolder, id: string): string {
  return join(folder.leases, `${id}.json`);
}
