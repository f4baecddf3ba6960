import { join } from 'node:path';
import type { InputNode } from '../inputs/input-tree.js';
import { findLfsPointers } from './lfs-pointers.js';
import { hasProgram, leftOutDependencies } from './left-out-dependencies.js';
import { findMissingSubmodules } from './missing-submodules.js';
import { nameSome } from './name-some.js';
import type { OutputSigns } from './output-signs.js';
import { settingsOfUser, variablesOutside } from './settings-outside.js';

export interface BuiltFrom {
  readonly inputs: readonly InputNode[];
  /** Absolute. */
  readonly workspace: string;
}

export interface FailedBuild extends BuiltFrom {
  readonly signs: OutputSigns;
  readonly network: 'off' | 'on';
  /** Relative to the workspace. */
  readonly workingDirectory: string;
  /** Where a build may install programs for itself: its `bin` is on PATH. An absolute path inside. */
  readonly prefix: string;
  /** The command that the sandbox does not have. */
  readonly notFound: string | undefined;
  /** Where this machine has a program of that name outside of the sandbox, of those that a build gets. */
  readonly programOutside: (name: string) => string | undefined;
  /** Settings of the machine that the build did not get: absolute paths. */
  readonly withheld: readonly string[];
  /** Absolute. */
  readonly home: string;
  readonly jobEnvironment: Readonly<Record<string, string>>;
  /** The variables that the user gives the build. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What a user should know of the inputs of any build: one line each. */
export async function adviseOnInputs({ inputs, workspace }: BuiltFrom): Promise<readonly string[]> {
  const pointers = await findLfsPointers(inputs, workspace);
  if (pointers.length === 0) return [];
  return [
    `${nameSome(pointers)}: pointers of Git LFS are input, not the files that they stand for. ` +
      'Run `git lfs pull` before, or set `lfs: true` of actions/checkout',
  ];
}

/** What may have made a build fail that would go well outside of the sandbox: one line each, with the way out. */
export async function adviseOnFailure(build: FailedBuild): Promise<readonly string[]> {
  const { signs, network, inputs, workspace } = build;
  const submodules = await findMissingSubmodules(inputs, workspace);
  return [
    ...(network === 'off' ? adviceOnNetwork(signs) : adviceOnSettings(build)),
    ...(signs.system === undefined ? [] : [adviceOnSystem(signs.system, build.prefix)]),
    ...(signs.repository === undefined ? [] : [adviceOnRepository(signs.repository)]),
    ...(submodules.length === 0 ? [] : [adviceOnSubmodules(submodules)]),
    ...adviceOnDependencies(build),
    ...adviceOnProgram(build),
  ];
}

function adviceOnNetwork({ network: said }: OutputSigns): readonly string[] {
  if (said === undefined) return [];
  return [
    `the build tried to reach the network, which is off in the sandbox (it said "${said}"): ` +
      'fetch what it needs in a step before and name it in `inputs`, or set `network: on`',
  ];
}

function adviceOnSettings({ signs, withheld, home, ...build }: FailedBuild): readonly string[] {
  const said = signs.network ?? signs.refusal;
  if (said === undefined) return [];
  const variables = variablesOutside(build.jobEnvironment, build.environment);
  const settings = [...withheld, ...settingsOfUser(home)];
  const advice = [
    ...(variables.length === 0 ? [] : [`name ${variables.join(' and ')} in \`env\``]),
    ...(settings.length === 0
      ? []
      : [`give it what ${settings.join(', ')} says of a mirror through \`env\``]),
  ];
  if (advice.length === 0) return [];
  return [
    `the build did not reach something (it said "${said}"), and the sandbox has not all that this job has to reach it: ` +
      `${advice.join('; ')} (neither is shown, for either may hold a secret)`,
  ];
}

function adviceOnSystem(said: string, prefix: string): string {
  const npm = /npm|node_modules/.test(said) ? `, with \`NPM_CONFIG_PREFIX=${prefix}\` in \`env\`` : '';
  return (
    `the build tried to change the system (it said "${said}"), which is read-only in the sandbox: ` +
    `install what it needs in a step before, or below ${prefix}, whose \`bin\` is on PATH${npm}`
  );
}

function adviceOnRepository(said: string): string {
  return (
    `the build asked git (it said "${said}"), and \`.git\` is never in the sandbox: ` +
    'give it the version or revision that it asks for through `env`'
  );
}

function adviceOnSubmodules(paths: readonly string[]): string {
  return (
    `${nameSome(paths)}: not checked out, so an empty folder in the sandbox. ` +
    'Run `git submodule update --init --recursive` before, or set `submodules: recursive` of actions/checkout'
  );
}

function adviceOnDependencies({ signs, notFound, ...build }: FailedBuild): readonly string[] {
  const { inputs, workspace, workingDirectory } = build;
  const project = new Set([workingDirectory, '']);
  const leftOut = leftOutDependencies(inputs, workspace, project);
  const isMissed = (folder: string) =>
    signs.dependency !== undefined ||
    (notFound !== undefined && hasProgram(join(workspace, folder), notFound));
  const missed = leftOut.filter(isMissed);
  if (missed.length === 0) return [];
  return [
    `${nameSome(missed)}: dependencies that git ignores, so they are not in the sandbox. ` +
      `Name them in \`inputs\` (with \`.\` for the rest), or let the build install them`,
  ];
}

function adviceOnProgram({ signs, notFound, programOutside }: FailedBuild): readonly string[] {
  const name =
    notFound ?? /([^ ]+): (?:command not found|not found|No such .*)$/.exec(signs.program ?? '')?.[1];
  const path = name === undefined || name.includes('/') ? undefined : programOutside(name);
  if (name === undefined || path === undefined) return [];
  return [
    `${name}: this machine has it, but the sandbox shows no tools of where it lies (${path}). ` +
      'Install it in a folder that lasts and holds nothing else, or name it in `host-paths` and call it by its path',
  ];
}
