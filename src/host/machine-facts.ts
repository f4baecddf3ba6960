import { accessSync, constants, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { systemErrorCode } from '../errors.js';
import type { Machine } from '../machine.js';

/** What the hosts know in their own way; the rest of a machine is read alike everywhere. */
export interface HostFacts {
  readonly environment: NodeJS.ProcessEnv;
  readonly workspace: string;
  readonly temporary: string;
  readonly builder: string;
}

/** Reads the machine's facts from the environment that the host was started with. */
export function readMachine(facts: HostFacts): Machine {
  const environment = definedOnly(facts.environment);
  const home = absolute(environment.HOME) ?? passwdHome();
  return {
    workspace: facts.workspace,
    home,
    temporary: facts.temporary,
    userCache: absolute(environment.XDG_CACHE_HOME) ?? join(home, '.cache'),
    programs: dirname(realpathSync(process.argv[1] ?? '.')), // The command line may be called by a symlink.
    toolCache: absolute(environment.RUNNER_TOOL_CACHE),
    path: (environment.PATH ?? '').split(':').filter((folder) => folder !== '' && mayEnter(folder)),
    image: imageOf(environment),
    environment,
    builder: facts.builder,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  };
}

/** BuildBox gives up at a folder of PATH that it may not look into; one that is not there does no harm. */
function mayEnter(folder: string): boolean {
  try {
    accessSync(folder, constants.X_OK);
    return true;
  } catch (error) {
    return systemErrorCode(error) !== 'EACCES';
  }
}

/** The value if it is an absolute path: the XDG rules, among others, say to ignore any other. */
export function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}

function definedOnly(environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** GitHub's hosted images name themselves in these two. */
function imageOf(environment: Readonly<Record<string, string>>): string | undefined {
  const parts = [environment.ImageOS, environment.ImageVersion].filter(
    (part) => part !== undefined && part !== '',
  );
  return parts.length === 0 ? undefined : parts.join(' ');
}

/** A user without an entry in the user database and without HOME lives in `/`, as a shell has it. */
function passwdHome(): string {
  try {
    return absolute(homedir()) ?? '/';
  } catch {
    return '/';
  }
}
