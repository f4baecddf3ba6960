import { join, posix } from 'node:path';
import type { TreeNode } from '../reapi/merkle.js';
import { type Brought, contentOfNode, readBrought } from './brought.js';
import { pathBelow, type PlannedOutput } from './plan.js';
import { kindAt } from './kind-at.js';

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

/** An output and its place in the workspace. */
export interface Claim {
  readonly output: PlannedOutput;
  /** Absolute. */
  readonly target: string;
  /** What the build was given there, by its path below the output. */
  readonly given: ReadonlyMap<string, TreeNode>;
  readonly givenFolders: ReadonlySet<string>;
  readonly brought: Brought;
  /** Those of its nodes that are not there already as they are to be, folders before what is in them. */
  readonly nodes: readonly TreeNode[];
}

/** What is to be at an output's place, and what is there by right. */
export async function claimPlace(request: ClaimRequest, output: PlannedOutput): Promise<Claim> {
  const place = posix.join(request.workingDirectory, output.path);
  const target = join(request.workspace, place);
  const folder = `${place}/`;
  const inputs = request.inputs.filter(({ path }) => path === place || path.startsWith(folder));
  const given = new Map(inputs.map((node) => [node.path.slice(place.length + 1), node]));
  return {
    output,
    target,
    given,
    givenFolders: foldersOf(given),
    brought: await readBrought(request.memory, target),
    nodes: await withoutUntouched(output, given, target),
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
  output: PlannedOutput,
  given: ReadonlyMap<string, TreeNode>,
  target: string,
): Promise<readonly TreeNode[]> {
  if (given.size === 0) return output.nodes;
  const changed: TreeNode[] = [];
  for (const node of output.nodes) {
    const path = pathBelow(output, node);
    if (!isSameNode(node, given.get(path)) || (await kindAt(join(target, path))) !== node.kind)
      changed.push(node);
  }
  return changed;
}

function isSameNode(node: TreeNode, other: TreeNode | undefined): boolean {
  if (node.kind === 'directory' || node.kind !== other?.kind) return false;
  const isSameMode = node.kind !== 'file' || other.kind !== 'file' || node.executable === other.executable;
  return isSameMode && contentOfNode(node) === contentOfNode(other);
}
