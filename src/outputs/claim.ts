import { join, posix } from 'node:path';
import type { TreeNode } from '../reapi/merkle.js';
import { type Brought, contentOfNode, readBrought } from './brought.js';
import type { PlannedOutput } from './plan.js';
import { type Kind, kindAt } from './standing.js';

export interface ClaimRequest {
  /** Absolute. */
  readonly workspace: string;
  /** Relative to the workspace. */
  readonly workingDirectory: string;
  /** What the build was given, relative to the workspace. */
  readonly inputs: readonly TreeNode[];
  /** The folder to remember in what was brought. */
  readonly memory: string;
}

/** An output and its place in the workspace. Paths are relative to the output, but for its own. */
export interface Claim {
  readonly output: PlannedOutput;
  /** Absolute. */
  readonly target: string;
  readonly wanted: ReadonlyMap<string, Kind>;
  /** What the build was given there. */
  readonly given: ReadonlyMap<string, TreeNode>;
  readonly givenFolders: ReadonlySet<string>;
  readonly brought: Brought;
  /** What is wanted and not there already as it is to be, folders before what is in them. */
  readonly nodes: readonly TreeNode[];
}

/** What is to be at an output's place, and what is there by right. */
export async function claimPlace(request: ClaimRequest, output: PlannedOutput): Promise<Claim> {
  const place = posix.join(request.workingDirectory, output.path);
  const target = join(request.workspace, place);
  const below = (path: string) => path.slice(output.path.length + 1);
  const folder = `${place}/`;
  const inputs = request.inputs.filter(({ path }) => path === place || path.startsWith(folder));
  const given = new Map(inputs.map((node) => [node.path.slice(place.length + 1), node]));
  const nodes = output.nodes.map((node) => ({ ...node, path: below(node.path) }));
  return {
    output,
    target,
    given,
    givenFolders: foldersOf(given),
    wanted: new Map(nodes.flatMap(({ path, kind }) => (kind === 'subtree' ? [] : [[path, kind] as const]))),
    brought: await readBrought(request.memory, target),
    nodes: await withoutUntouched(nodes, given, target),
  };
}

function foldersOf(given: ReadonlyMap<string, TreeNode>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const [path, { kind }] of given) {
    if (kind === 'directory') folders.add(path);
    for (let folder = posix.dirname(path); folder !== '.' && !folders.has(folder);) {
      folders.add(folder);
      folder = posix.dirname(folder);
    }
  }
  return folders;
}

/**
 * Leaves out the inputs that the build gave back as it got them: they are there. Should somebody have changed one
 * meanwhile, then that is not undone.
 */
async function withoutUntouched(
  nodes: readonly TreeNode[],
  given: ReadonlyMap<string, TreeNode>,
  target: string,
): Promise<readonly TreeNode[]> {
  if (given.size === 0) return nodes;
  const changed: TreeNode[] = [];
  for (const node of nodes) {
    if (!isSameNode(node, given.get(node.path)) || (await kindAt(join(target, node.path))) !== node.kind)
      changed.push(node);
  }
  return changed;
}

function isSameNode(node: TreeNode, other: TreeNode | undefined): boolean {
  if (node.kind === 'directory' || node.kind !== other?.kind) return false;
  const isSameMode = node.kind !== 'file' || other.kind !== 'file' || node.executable === other.executable;
  return isSameMode && contentOfNode(node) === contentOfNode(other);
}
