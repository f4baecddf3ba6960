import { accessSync, constants, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Machine } from '../machine.js';
import { isOfCheckout, type Surroundings } from './checkouts.js';

export type OwnSurroundings = Surroundings & Pick<Machine, 'path'>;

const known = new WeakMap<OwnSurroundings, readonly string[]>();

/** `npm run` puts these first, of every folder above the package; they belong to what is built. */
const OF_NPM = /\/node_modules\/\.bin\/?$|\/node-gyp-bin\/?$/;

/**
 * The folders in which programs for ourselves are looked for, in PATH's order. What PATH names in a checkout, by a link
 * into it, or relative to the working directory is what somebody proposes: its `git` would run with the job's rights.
 */
export function ownPath(machine: OwnSurroundings): readonly string[] {
  const found =
    known.get(machine) ??
    machine.path.filter(
      (folder) => isAbsolute(folder) && !OF_NPM.test(folder) && !isOfCheckout(machine, folder),
    );
  known.set(machine, found);
  return found;
}

/** As a variable of a child's environment. */
export function ownSearchPath(machine: OwnSurroundings): string {
  return ownPath(machine).join(':');
}

/**
 * The absolute path of the first executable file of that name, as a shell would find it; undefined where there is none
 * that we may run.
 */
export function findProgram(name: string, machine: OwnSurroundings): string | undefined {
  return ownPath(machine)
    .map((folder) => join(folder, name))
    .find((file) => isExecutable(file) && !isOfCheckout(machine, file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The folder whose settings our own programs read: the user's home, but never one in a checkout. */
export function ownHome(machine: Surroundings): string {
  if (!isOfCheckout(machine, machine.home)) return machine.home;
  const home = homeOfUser();
  return isOfCheckout(machine, home) ? '/' : home;
}

function homeOfUser(): string {
  try {
    return isAbsolute(userInfo().homedir) ? userInfo().homedir : '/';
  } catch {
    return '/'; // A user without an entry in the user database.
  }
}

/** Variables that name files or folders of settings, as a child of ours may have them: without those of a checkout. */
export function ownVariables(
  machine: Surroundings,
  names: readonly string[],
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const folders = (machine.environment[name] ?? '').split(':');
    const kept = folders.filter((folder) => isAbsolute(folder) && !isOfCheckout(machine, folder));
    if (kept.length > 0) found[name] = kept.join(':');
  }
  return found;
}
