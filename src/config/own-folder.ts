import { lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.js';
import type { Machine } from '../machine.js';
import { linkOnTheWay } from './linked-folder.js';
import { realPathOf } from '../files/nearest.js';
import { isWithin } from '../files/within.js';
import { checkoutsOf } from '../process/checkouts.js';

/** A folder that an input names for what is ours. */
export interface NamedFolder {
  readonly input: string;
  /** As it was given, for people. */
  readonly value: string;
  /** Absolute, without `.` and `..`. */
  readonly path: string;
}

/**
 * Refuses a folder that a symlink of the checkout leads to: who proposes the link would choose where we write, and
 * whose files we believe.
 *
 * @throws InputError
 */
export function refuseLinked(machine: Machine, { input, value, path }: NamedFolder): void {
  for (const checkout of checkoutsOf(machine)) {
    if (!isWithin(path, checkout)) continue;
    const link = linkOnTheWay(checkout, join(path, 'itself'));
    if (link === undefined) continue;
    throw new InputError(input, value, `${link} is a symlink of the checkout. Name a folder that is none.`);
  }
}

/** Whether the path itself is a symlink. */
export function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch {
    return false; // Whoever uses it is told that it may not be looked at.
  }
}

/** Refuses a folder that holds the workspace: what is in ours is no input, and a build without inputs is always a hit. */
export function refuseHolder(machine: Machine, { input, value, path }: NamedFolder): void {
  if (!isWithin(realPathOf(machine.workspace), realPathOf(path))) return;
  throw new InputError(input, value, 'It holds the workspace itself. Name a folder of its own.');
}

/**
 * Refuses a folder of another user, who may have put anything there. root may be believed: it could do as it likes
 * anyway.
 */
export function refuseForeign({ uid, environment }: Machine, { input, value, path }: NamedFolder): void {
  const owner = ownerOf(path);
  if (owner === undefined || owner === uid || owner === 0) return;
  const way =
    uid === 0 && environment.SUDO_UID === String(owner)
      ? 'Run without sudo, or name another folder.'
      : `Name another folder, run as that user, or make it yours (chown -R ${uid}).`;
  throw new InputError(
    input,
    value,
    `It belongs to user ${owner}, who may have put anything there, and this is user ${uid}. ${way}`,
  );
}

/** Undefined where there is nothing, or nothing that we may look at. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}
