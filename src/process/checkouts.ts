import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { realPathOf } from '../files/nearest.js';
import { isWithin } from '../files/within.js';
import type { Machine } from '../machine.js';

/** What of a machine says where its checkouts are. */
export type Surroundings = Pick<Machine, 'workspace' | 'home' | 'environment'>;

/** Where CI systems say that they have checked the code out; the workspace may be a folder of it. */
const NAMED_BY = ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR'] as const;

const known = new WeakMap<Surroundings, readonly string[]>();

/**
 * The folders that hold what somebody proposes: the workspace, the repository around it, and what the CI system calls
 * its checkout; real paths, and as they are named. Nothing in them is ours: no program, no setting, no state.
 */
export function checkoutsOf(machine: Surroundings): readonly string[] {
  const found = known.get(machine) ?? findCheckouts(machine);
  known.set(machine, found);
  return found;
}

function findCheckouts({ workspace, home, environment }: Surroundings): readonly string[] {
  const named = NAMED_BY.map((name) => environment[name] ?? '').filter((path) => path.startsWith('/'));
  const folders = [workspace, ...repositoriesAround(workspace, home), ...named].flatMap((path) => [
    normal(path),
    realPathOf(path),
  ]);
  // Where the workspace is `/`, it holds the system as well, and there is nowhere else to look.
  return [...new Set(folders)].filter((folder) => folder !== '/');
}

/** A repository that holds the user's home, for its settings, is not what is built here. */
function repositoriesAround(workspace: string, home: string): readonly string[] {
  const start = realPathOf(workspace);
  const realHome = realPathOf(home);
  for (let folder = start; folder !== '/'; folder = dirname(folder)) {
    if (existsSync(join(folder, '.git'))) return isWithin(realHome, folder) ? [] : [folder];
  }
  return [];
}

/** Whether a path lies in a checkout, by its name or where its links lead. @param path absolute; it need not be there */
export function isOfCheckout(machine: Surroundings, path: string): boolean {
  const names = [normal(path), realPathOf(path)];
  return checkoutsOf(machine).some((checkout) => names.some((name) => isWithin(name, checkout)));
}

/** Without `.`, `..`, doubled slashes or one at the end. */
function normal(path: string): string {
  return normalize(path).replace(/(.)\/$/, '$1');
}
