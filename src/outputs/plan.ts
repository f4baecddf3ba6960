import { posix } from 'node:path';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import { shownText, wasUtf8 } from '../reapi/escaped-text.js';
import { hasGitName } from '../reapi/git-name.js';
import { UnusableResult } from '../cas/unusable-result.js';
import type { TreeNode } from '../reapi/merkle.js';
import { treeNodes } from '../reapi/tree.js';
import { leadsAstray } from './leads-astray.js';

/** One declared output, with everything that is to be at its path. */
export interface PlannedOutput {
  /** Relative to the working directory. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Of the content or of the Tree; null for a symlink. */
  readonly digest: Digest | null;
  /** Bytes of all its files. */
  readonly size: number;
  readonly executable: boolean;
  /** Relative to the working directory. */
  readonly nodes: readonly TreeNode[];
}

/** Where a node of an output lies in it: '' is the output itself. */
export function pathBelow({ path }: PlannedOutput, node: TreeNode): string {
  return node.path.slice(path.length + 1);
}

/** One output is to blame, and the others could be brought without it. */
export class UnusableOutput extends UnusableResult {
  override readonly name = 'UnusableOutput';

  constructor(
    message: string,
    /** As it was declared. */
    readonly output: string,
  ) {
    super(message);
  }
}

/** The Tree blobs that a plan needs. */
export function treeDigests(result: ActionResult): readonly Digest[] {
  return result.outputDirectories.flatMap(({ treeDigest }) => (treeDigest === undefined ? [] : [treeDigest]));
}

/**
 * Turns a result into what is to be written, and trusts none of it: every path is a declared one, every name a
 * single segment, every symlink stays in the workspace.
 *
 * @param trees encoded, by hash
 * @param workingDirectory relative to the workspace
 * @throws UnusableResult
 */
export function planOutputs(
  result: ActionResult,
  trees: ReadonlyMap<string, Uint8Array>,
  declared: readonly string[],
  workingDirectory: string,
): readonly PlannedOutput[] {
  if (result.outputFiles.length > declared.length) {
    throw new UnusableResult('it has more outputs than were declared');
  }
  const planned = [...plannedFiles(result), ...plannedSymlinks(result), ...plannedDirectories(result, trees)];
  const expected = new Set(declared);
  for (const output of planned) {
    if (!expected.delete(output.path)) {
      throw new UnusableResult(
        `the result has an output at ${JSON.stringify(output.path)}, which is not one, or twice`,
      );
    }
  }
  for (const output of planned) {
    refuseUnnameable(output);
    refuseRepositories(output);
  }
  refuseEscapes(planned, workingDirectory);
  return planned;
}

/** The declared outputs that a plan lacks. */
export function missingOutputs(
  planned: readonly PlannedOutput[],
  declared: readonly string[],
): readonly string[] {
  const made = new Set(planned.map(({ path }) => path));
  return declared.filter((path) => !made.has(path));
}

function plannedFiles(result: ActionResult): PlannedOutput[] {
  return result.outputFiles.map(({ path, digest, isExecutable }) => {
    if (digest === undefined)
      throw new UnusableResult(`the result has no digest for ${JSON.stringify(path)}`);
    return {
      path,
      kind: 'file',
      digest,
      size: digest.sizeBytes,
      executable: isExecutable,
      nodes: [{ kind: 'file', path, digest, executable: isExecutable }],
    };
  });
}

function plannedSymlinks(result: ActionResult): PlannedOutput[] {
  const links = [...result.outputSymlinks, ...result.outputFileSymlinks, ...result.outputDirectorySymlinks];
  const byPath = new Map(links.map((link) => [link.path, link])); // Servers may give the old fields beside the new.
  return [...byPath.values()].map(({ path, target }) => ({
    path,
    kind: 'symlink',
    digest: null,
    size: 0,
    executable: false,
    nodes: [{ kind: 'symlink', path, target }],
  }));
}

function plannedDirectories(result: ActionResult, trees: ReadonlyMap<string, Uint8Array>): PlannedOutput[] {
  return result.outputDirectories.map(({ path, treeDigest }) => {
    const tree = treeDigest === undefined ? undefined : trees.get(treeDigest.hash);
    if (treeDigest === undefined || tree === undefined) {
      throw new UnusableResult(`the result has no tree for ${JSON.stringify(path)}`);
    }
    const nodes = treeNodes(tree, path);
    if (nodes === undefined) {
      throw new UnusableResult(`the tree of ${JSON.stringify(path)} is malformed`);
    }
    return {
      path,
      kind: 'directory',
      digest: treeDigest,
      size: nodes.reduce((sum, node) => sum + (node.kind === 'file' ? node.digest.sizeBytes : 0), 0),
      executable: false,
      nodes,
    };
  });
}

function refuseUnnameable({ path, nodes }: PlannedOutput): void {
  for (const node of nodes) {
    if (wasUtf8(node.path) && (node.kind !== 'symlink' || wasUtf8(node.target))) continue;
    const what = wasUtf8(node.path)
      ? `leads to ${quoted(node.kind === 'symlink' ? node.target : '')}, a name`
      : 'has a name';
    throw new UnusableOutput(`the output ${quoted(node.path)} ${what} that is not UTF-8`, path);
  }
}

function quoted(text: string): string {
  return `"${shownText(text)}"`;
}

function refuseRepositories({ path, nodes }: PlannedOutput): void {
  const node = nodes.find((inside) => hasGitName(inside.path.slice(path.length)));
  if (node === undefined) return;
  throw new UnusableOutput(
    `the output ${JSON.stringify(node.path)} is git's own, and none such is brought`,
    path,
  );
}

function refuseEscapes(planned: readonly PlannedOutput[], workingDirectory: string): void {
  const links = new Map<string, string>();
  for (const node of planned.flatMap(({ nodes }) => nodes)) {
    if (node.kind === 'symlink') links.set(posix.join(workingDirectory, node.path), node.target);
  }
  for (const output of planned) {
    for (const node of output.nodes) {
      if (node.kind !== 'symlink') continue;
      const astray =
        node.target === '' || node.target.includes('\0')
          ? 'out'
          : leadsAstray(posix.join(workingDirectory, node.path), links);
      if (astray === undefined) continue;
      const where = astray === 'out' ? 'out of the workspace' : "into a repository's own folder";
      throw new UnusableOutput(
        `the output ${JSON.stringify(node.path)} is a symlink ${where}, to ${JSON.stringify(node.target)}`,
        output.path,
      );
    }
  }
}
