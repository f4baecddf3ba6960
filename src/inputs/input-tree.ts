import { readlinkSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import { Fault, messageOf } from '../errors.js';
import type { Machine } from '../machine.js';
import type { DigestCache } from '../digests/digest-cache.js';
import type { Digest } from '../reapi/digest.js';
import { digestAtOnce, digestPatiently, fileReader, type FileReader } from './file-digest.js';
import { pathspecFor, rawName, shownName, textOf, type RawName } from './names.js';
import { yielding } from '../async/yielding.js';
import { addNamedIgnored } from './named-ignored.js';
import { parsePathspec } from './pathspecs.js';
import { selectByPathspecs } from './pathspec-selection.js';
import { scopeOf } from './scope.js';
import { type Status, statusOf } from './status.js';
import { warnOfUnnameable } from './unnameable.js';
import { findInWorkingTree, type Found } from './working-tree.js';
import { listWorkspace } from './workspace-listing.js';

export interface InputFile {
  readonly kind: 'file';
  /** Relative to the workspace, '/'-separated, UTF-8; so for every node. */
  readonly path: string;
  readonly digest: Digest;
  readonly executable: boolean;
}

export interface InputLink {
  readonly kind: 'symlink';
  readonly path: string;
  /** As it stands in the link; it may lead anywhere. */
  readonly target: string;
}

/** An empty folder: there are none in git, but for submodules that are not initialised. */
export interface InputFolder {
  readonly kind: 'directory';
  readonly path: string;
}

export type InputNode = InputFile | InputLink | InputFolder;

export interface InputTree {
  /** Sorted by the bytes of their paths; no path twice, none below a file or link. */
  readonly nodes: readonly InputNode[];
  /** How many nodes are files. */
  readonly files: number;
  /** The sum of their sizes. */
  readonly bytes: number;
  /** Compiled files among them that git does not track, where there is a git to know. */
  readonly untracked: ReadonlySet<string>;
  /** What the user should know of it, one line each. */
  readonly warnings: readonly string[];
}

export interface InputRequest {
  /** `machine.workspace` is the root. */
  readonly machine: Machine;
  /** The input `inputs`: git pathspecs, of which `!`, `:!` and `:^` exclude; none is everything. */
  readonly pathspecs: readonly string[];
  /** Paths relative to the workspace that this run writes: below them only what git tracks is input. */
  readonly written: readonly string[];
  /** Absolute folders never to be read. */
  readonly excluded: readonly string[];
  readonly memory: DigestCache;
  /** Files, relative to the workspace, that are read whatever the memory says. */
  readonly distrusted: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * The files of the checkout that are the build's input: in git what git tracks or would add and what of the rest the
 * pathspecs name (`addNamedIgnored`), each submodule and repository below it by its own rules, elsewhere the whole folder; content, links and executable bits as they are
 * in the working tree. `.git` never is, and what cannot be named in UTF-8 is left out with a warning.
 *
 * @throws InputError for a pathspec that is wrong or matches nothing; Fault for a file that cannot be read or keeps
 * changing, or a git that fails.
 */
export async function readInputs(request: InputRequest): Promise<InputTree> {
  const { machine, signal } = request;
  const scope = scopeOf(machine.workspace, request.written, request.excluded);
  const git = { machine, signal };
  const pathspecs = request.pathspecs.map(parsePathspec);
  const listing = await addNamedIgnored(git, scope, await listWorkspace(git, scope), pathspecs);
  const found = await findInWorkingTree(scope.root, listing, signal);
  const selected = await selectByPathspecs(git, scope.root, listing.top, found, pathspecs);
  for (const path of request.distrusted) request.memory.distrust(`${scope.root}/${path}`);
  const { named, unnameable } = nameAll(selected);
  const { nodes, links } = await readNodes(scope.root, named, fileReader(request.memory, signal));
  const files = nodes.filter((node) => node.kind === 'file');
  return {
    nodes,
    files: files.length,
    bytes: files.reduce((sum, file) => sum + file.digest.sizeBytes, 0),
    untracked: new Set(listing.untracked.flatMap((name) => textOf(name) ?? [])),
    warnings: warnOfUnnameable({ names: unnameable, links }),
  };
}

interface Named extends Found {
  readonly path: string;
}

/** Gives each its name as text, which an input's name must be. */
function nameAll(selected: readonly Found[]): { named: readonly Named[]; unnameable: readonly RawName[] } {
  const named: Named[] = [];
  const unnameable: RawName[] = [];
  for (const { name, status } of selected) {
    refuseDeep(name);
    const path = textOf(name);
    if (path === undefined) unnameable.push(name);
    else named.push({ path, name, status });
  }
  return { named, unnameable };
}

/** More than any project has, and as deep as the outputs of a build may go. */
const DEEPEST = 1000;

/** A tree of folders is encoded and staged folder by folder, and one without end would end the process instead. */
function refuseDeep(name: RawName): void {
  if (name.length < 2 * DEEPEST || name.split('/').length <= DEEPEST) return;
  throw new Fault(`${cutName(name)} lies more than ${DEEPEST} folders deep`, {
    remedy: `Remove it, or exclude it with \`inputs: '!${pathspecFor(rawName(cutName(name)))}/**'\`.`,
  });
}

/** The first folders of its path. */
function cutName(name: RawName): string {
  return shownName(name.split('/').slice(0, 5).join('/') as RawName);
}

/** Reads all that is named; `links` are those that cannot be. */
async function readNodes(
  root: string,
  selected: readonly Named[],
  reader: FileReader,
): Promise<{ nodes: InputNode[]; links: string[] }> {
  const nodes: InputNode[] = [];
  const links: string[] = [];
  const yields = yielding(reader.signal);
  for (const found of selected) {
    if (yields.due()) await yields.turn();
    const { path, status } = found;
    if (status.isDirectory()) nodes.push({ kind: 'directory', path });
    else if (!status.isSymbolicLink())
      nodes.push(fileAtOnce(root, found, reader) ?? (await filePatiently(root, found, reader)));
    else {
      const target = readTarget(root, path);
      if (target === undefined) links.push(path);
      else nodes.push({ kind: 'symlink', path, target });
    }
  }
  return { nodes, links };
}

function fileAtOnce(root: string, { path, status }: Named, reader: FileReader): InputFile | undefined {
  const hash = digestAtOnce(reader, `${root}/${path}`, status);
  return hash === undefined ? undefined : fileNode(path, hash, status);
}

async function filePatiently(root: string, { path, name }: Named, reader: FileReader): Promise<InputFile> {
  const read = await digestPatiently(reader, `${root}/${path}`, () => statusOf(root, name));
  return fileNode(path, read.hash, read.status);
}

function fileNode(path: string, hash: string, status: Status): InputFile {
  const executable = (status.mode & 0o100) !== 0; // The owner's bit, as git does.
  return { kind: 'file', path, digest: { hash, sizeBytes: status.size }, executable };
}

/** Undefined where it is not UTF-8. */
function readTarget(root: string, path: string): string | undefined {
  const target = readLink(`${root}/${path}`);
  return isUtf8(target) ? target.toString() : undefined;
}

function readLink(path: string): Buffer {
  try {
    return readlinkSync(path, 'buffer');
  } catch (cause) {
    throw new Fault(`cannot read the symbolic link ${path}: ${messageOf(cause)}`, {
      remedy: 'Let what writes there end before the build starts, or make it readable for this user.',
      cause,
    });
  }
}
