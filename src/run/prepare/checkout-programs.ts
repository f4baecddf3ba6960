import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { readHead } from '../../inputs/file-head.js';
import type { InputNode } from '../../inputs/input-tree.js';
import { isWithin } from '../../files/within.js';
import { HOME, WORKSPACE } from '../../rootfs/layout.js';
import type { Link, Rootfs } from '../../rootfs/rootfs.js';
import { isTaken } from '../../rootfs/toolchain/tool-roots.js';

export interface CheckoutPrograms {
  readonly rootfs: Pick<Rootfs, 'path' | 'binds' | 'links'>;
  readonly inputs: readonly InputNode[];
  /** The checkout on this machine. */
  readonly workspace: string;
  /** The declared outputs, relative to it. */
  readonly outputs: readonly string[];
  /** What is run: the words of a command, or a shell's with a script. */
  readonly command: readonly string[];
  /** Whether all that git does not ignore is input. */
  readonly everything: boolean;
}

export interface FoundPrograms {
  /** What a build will not find, one line each. */
  readonly warnings: readonly string[];
  /** What the root has to have for them to run. */
  readonly links: readonly Link[];
}

/**
 * Looks at the programs that PATH names in the checkout: folders of which nothing is input, and programs that run only
 * at the place where they were installed, as the scripts of a virtual environment name their interpreter by its whole
 * path. For those a link stands where this machine has the checkout. It costs nothing that they have not cost already:
 * an input with such a path in it is another one on each machine. It stands for a virtual environment that is not on
 * PATH, too: `activate` puts it there, and what `pip install -e` has installed is found by the checkout's path.
 */
export async function findPrograms(request: CheckoutPrograms): Promise<FoundPrograms> {
  const { rootfs, workspace, everything } = request;
  const folders = rootfs.path.flatMap(inCheckout);
  const offPath = programsOfEnvironments(request.inputs).filter((folder) => !folders.includes(folder));
  if (folders.length === 0 && offPath.length === 0) return { warnings: [], links: [] };
  const missing = await missingOf(folders, request);
  const input = folders.filter((folder) => isInput(folder, request));
  const bound = await boundIn(input, request);
  const boundOffPath = await boundIn(offPath, request);
  const canLink = canStandAt(workspace, rootfs);
  const isLost = ([, needs]: BoundProgram) => !canLink || !isWithin(needs, workspace);
  const lost = bound.filter(isLost);
  const needsLink = [...bound, ...boundOffPath].some((program) => !isLost(program));
  return {
    warnings: [
      ...(missing.length > 0 ? [wordsForMissing(missing, everything)] : []),
      ...(lost.length > 0 ? [wordsForBound(calledFirst(lost, request.command))] : []),
    ],
    links: needsLink ? [{ path: workspace, target: `/${WORKSPACE}` }] : [],
  };
}

/** The folders of programs of the virtual environments that are input (PEP 405). */
function programsOfEnvironments(inputs: readonly InputNode[]): readonly string[] {
  const marks = inputs.filter(({ kind, path }) => kind === 'file' && path.endsWith(ENVIRONMENT_MARK));
  return marks.map(({ path }) => `${path.slice(0, -ENVIRONMENT_MARK.length)}/bin`);
}

async function boundIn(
  folders: readonly string[],
  request: CheckoutPrograms,
): Promise<readonly BoundProgram[]> {
  return (await Promise.all(folders.map((folder) => boundPrograms(folder, request)))).flat();
}

/** Whether nothing else is at this path inside, nor has to be. */
function canStandAt(path: string, { binds, links }: CheckoutPrograms['rootfs']): boolean {
  const others = [
    ...binds.map(({ target }) => target),
    ...links.map((link) => link.path),
    `/${HOME}`,
    '/etc',
  ];
  return !isTaken(path) && !others.some((other) => isWithin(path, other) || isWithin(other, path));
}

/** What a build makes itself is not missing. */
async function missingOf(folders: readonly string[], request: CheckoutPrograms): Promise<readonly string[]> {
  const { outputs, workspace } = request;
  const isMade = (folder: string) =>
    outputs.some((output) => isWithin(folder, output) || isWithin(output, folder));
  const missing = folders.filter((folder) => !isInput(folder, request) && !isMade(folder));
  const held = await Promise.all(missing.map((folder) => readdir(join(workspace, folder)).catch(() => [])));
  return missing.filter((_, i) => held[i]?.length !== 0);
}

/** A link above it may lead to what is input. */
function isInput(folder: string, { inputs }: CheckoutPrograms): boolean {
  return inputs.some(
    ({ path, kind }) => isWithin(path, folder) || (kind === 'symlink' && isWithin(folder, path)),
  );
}

/** What it needs of this machine is not there inside: an interpreter, or what a link leads to. */
type BoundProgram = readonly [program: string, needs: string];

async function boundPrograms(
  folder: string,
  { inputs, workspace, rootfs }: CheckoutPrograms,
): Promise<readonly BoundProgram[]> {
  const shown = [...rootfs.binds.map(({ target }) => target), ...rootfs.links.map(({ path }) => path)];
  const isShown = (path: string) => [...shown, `/${WORKSPACE}`].some((each) => isWithin(path, each));
  const programs = inputs
    .filter(({ path }) => path.startsWith(`${folder}/`) && !path.includes('/', folder.length + 1))
    .slice(0, MOST);
  const needs = await Promise.all(
    programs.map(async (node) => {
      if (node.kind === 'symlink') return node.target.startsWith('/') ? node.target : undefined;
      if (node.kind !== 'file' || !node.executable) return undefined;
      const interpreter = interpreterIn(await readHead(join(workspace, node.path), LINE));
      return interpreter !== undefined && isWithin(interpreter, workspace) ? interpreter : undefined;
    }),
  );
  return programs.flatMap(({ path }, i) => {
    const needed = needs[i];
    return needed === undefined || isShown(needed) ? [] : [[path, needed]];
  });
}

/** A program that the command names is the one whose absence will be noticed. */
function calledFirst(programs: readonly BoundProgram[], command: readonly string[]): readonly BoundProgram[] {
  const words = new Set(command.flatMap((word) => word.split(/[\s;&|()]+/)).map((word) => basename(word)));
  const isCalled = ([program]: BoundProgram) => words.has(basename(program));
  return [...programs.filter(isCalled), ...programs.filter((each) => !isCalled(each))];
}

const ENVIRONMENT_MARK = '/pyvenv.cfg';
/** Of more programs in a folder the rest is not looked at. */
const MOST = 500;
/** As much of a script as Linux reads for its interpreter (execve(2)). */
const LINE = 256;

function interpreterIn(head: Buffer): string | undefined {
  return /^#![ \t]*(\/[^ \t\n]+)/.exec(head.toString('utf8'))?.[1];
}

function wordsForMissing(folders: readonly string[], everything: boolean): string {
  const names = [...new Set(folders.map(treeOf))].map((name) => `\`${name}\``).join(' and ');
  const beside = everything ? ', with `.` beside it for what is input now' : '';
  return (
    `PATH names ${folders.join(' and ')} of the checkout, of which nothing is input: the build does not find the programs there. ` +
    `Name ${names} in \`inputs\`${beside}, or take it off PATH`
  );
}

function wordsForBound([[program, needs] = ['', ''], ...more]: readonly BoundProgram[]): string {
  const others = more.length > 0 ? ` (and ${more.length} more)` : '';
  return (
    `${program}${others} does not run in the sandbox, for it needs ${needs} by that path: the checkout is /${WORKSPACE} there. ` +
    'Run it by its interpreter (`python -m NAME`), or show what lies outside of the checkout with `host-paths`'
  );
}

/** The folders that stand in a tool's own, which is what they need. */
const PROGRAMS = new Set(['bin', '.bin', 'sbin', 'Scripts']);

function treeOf(folder: string): string {
  return PROGRAMS.has(basename(folder)) && folder.includes('/') ? dirname(folder) : folder;
}

/** Relative to the checkout. */
function inCheckout(folder: string): readonly string[] {
  const top = `/${WORKSPACE}/`;
  return folder.startsWith(top) ? [folder.slice(top.length)] : [];
}
