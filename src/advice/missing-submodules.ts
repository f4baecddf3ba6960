import { join, posix } from 'node:path';
import { readHead } from '../inputs/file-head.js';
import type { InputNode } from '../inputs/input-tree.js';

const LARGEST = 100_000;

/** The submodules that are not checked out: git leaves an empty folder for each. */
export async function findMissingSubmodules(
  inputs: readonly InputNode[],
  workspace: string,
): Promise<readonly string[]> {
  const empty = new Set(inputs.flatMap(({ kind, path }) => (kind === 'directory' ? [path] : [])));
  if (empty.size === 0) return [];
  const missing: string[] = [];
  for (const { kind, path } of inputs) {
    if (kind !== 'file' || posix.basename(path) !== '.gitmodules') continue;
    const text = (await readHead(join(workspace, path), LARGEST)).toString();
    const paths = [...text.matchAll(/^\s*path\s*=\s*(.*?)\s*$/gm)].map(([, name = '']) => name);
    missing.push(
      ...paths.map((name) => posix.join(posix.dirname(path), name)).filter((name) => empty.has(name)),
    );
  }
  return missing;
}
