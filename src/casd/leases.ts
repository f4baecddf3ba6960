import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { systemErrorCode } from '../errors.js';
import { writeWhole } from '../files/write-whole.js';
import { isRunning, processIdentity, type ProcessIdentity } from '../process/identity.js';
import type { CacheFolder } from '../local/folder.js';
import { isUnreadable } from '../local/unreadable.js';

/**
 * The right to a running casd. It ends with its owner; one without an owner was asked for by `casd start` and lasts
 * until `casd stop`.
 */
export interface Lease {
  readonly id: string;
  readonly owner: ProcessIdentity | null;
}

const stored = v.object({ version: v.literal(1), owner: v.nullable(processIdentity) });

/**
 * Call it only under the folder's lock, because it removes those of processes that crashed. Who looks at them without the
 * lock does not find half of one.
 */
export async function addLease(folder: CacheFolder, lease: Lease): Promise<void> {
  await removeDeadLeases(folder);
  await writeWhole(leaseFile(folder, lease.id), JSON.stringify({ version: 1, owner: lease.owner }));
}

export function hasLease(folder: CacheFolder, id: string): boolean {
  return existsSync(leaseFile(folder, id));
}

export async function removeLease(folder: CacheFolder, id: string): Promise<void> {
  await rm(leaseFile(folder, id), { recursive: true, force: true }).catch(() => undefined);
}

/** The leases whose owners still run. Whoever looks without the folder's lock may see one come or go, and harms none. */
export async function liveLeases(folder: CacheFolder): Promise<readonly Lease[]> {
  const leases = (await readLeases(folder)).map(({ lease }) => lease);
  return leases.filter((lease) => lease !== undefined);
}

/** Removes those of processes that crashed, and what is none. Call it only under the folder's lock. */
export async function removeDeadLeases(folder: CacheFolder): Promise<void> {
  for (const { name, lease } of await readLeases(folder)) {
    if (lease === undefined) await rm(join(folder.leases, name), { recursive: true }).catch(() => undefined);
  }
}

async function readLeases({ leases }: CacheFolder) {
  const names = await readdir(leases).catch(() => []);
  return Promise.all(names.map(async (name) => ({ name, lease: await readLease(join(leases, name)) })));
}

/** Undefined for a dead one, and for what is none yet. What is damaged is nobody's; what cannot be read for want of something here may be somebody's. */
async function readLease(file: string): Promise<Lease | undefined> {
  if (!file.endsWith('.json')) return undefined;
  try {
    const { owner } = v.parse(stored, JSON.parse(await readFile(file, 'utf8')));
    return owner === null || isRunning(owner) ? { id: basename(file, '.json'), owner } : undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === undefined || code === 'ENOENT' || isUnreadable(error)) return undefined;
    throw error;
  }
}

function leaseFile(folder: CacheFolder, id: string): string {
  return join(folder.leases, `${id}.json`);
}
