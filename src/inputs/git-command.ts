import { existsSync } from 'node:fs';
import { Fault, systemErrorCode } from '../errors.js';
import type { Machine } from '../machine.js';
import { runCommand, type CommandResult } from '../process/command.js';
import { findProgram, ownHome, ownSearchPath, ownVariables } from '../process/own-programs.js';

/** Git as this run calls it. */
export interface Git {
  readonly machine: Machine;
  readonly signal: AbortSignal;
}

export interface GitCall {
  /** The repository: its `.git`, a folder or the file that points to one. */
  readonly gitDir: string;
  /** The folder that holds the repository's working tree. */
  readonly workTree: string;
  /** Where in it git runs. */
  readonly directory: string;
  readonly input?: Buffer;
}

/** Listing a million files on a cold disk takes a minute or two. */
const DEADLINE = 5 * 60_000;

/**
 * What a repository's own configuration could make git run, switched off. An empty `core.fsmonitor` is off in every
 * version; `false` would be the name of a program up to git 2.35.
 */
const HARMLESS = ['--no-pager', '-c', 'core.fsmonitor=', '-c', 'core.hooksPath=/dev/null'];

/**
 * Runs git on a repository; undefined when git is not installed. The repository is named, not searched for, because
 * git then reads a checkout that belongs to another user ("dubious ownership") in every version, without a change to
 * anybody's configuration.
 */
export async function runGit(
  git: Git,
  call: GitCall,
  args: readonly string[],
): Promise<CommandResult | undefined> {
  const program = findProgram('git', git.machine);
  if (program === undefined) return undefined;
  try {
    return await runCommand([program, ...HARMLESS, ...args], {
      signal: git.signal,
      deadline: DEADLINE,
      directory: call.directory,
      environment: environmentOf(git.machine, call),
      ...(call.input && { input: call.input }),
    });
  } catch (error) {
    const cause = error instanceof Fault ? error.cause : undefined;
    // The same code says that the folder to run in is gone.
    if (systemErrorCode(cause) === 'ENOENT' && existsSync(call.directory)) return undefined;
    throw error;
  }
}

function environmentOf(machine: Machine, call: GitCall): Record<string, string> {
  return {
    PATH: ownSearchPath(machine),
    HOME: ownHome(machine),
    ...ownVariables(machine, ['XDG_CONFIG_HOME']),
    LC_ALL: 'C',
    GIT_DIR: call.gitDir,
    GIT_WORK_TREE: call.workTree,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A partial clone fetches what it lacks by whatever transport its configuration names: none is allowed here.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}
