import { join, posix } from 'node:path';
import { readHead } from '../inputs/file-head.js';
import type { InputFile, InputNode } from '../inputs/input-tree.js';

/** The first line of a pointer, and how many bytes one has that names no extensions (git-lfs's docs/spec.md). */
const FIRST_LINE = 'version https://git-lfs.github.com/spec/v1\n';
const SHORTEST = 120;
const LONGEST = 200;

const LARGEST_ATTRIBUTES = 100_000;
/** Of more files of that size the rest is not looked at. */
const MOST = 2_000;

/** The inputs that Git LFS has left a pointer for, where the checkout uses it. */
export async function findLfsPointers(
  inputs: readonly InputNode[],
  workspace: string,
): Promise<readonly string[]> {
  const files = inputs.filter((node) => node.kind === 'file');
  if (!(await usesLfs(files, workspace))) return [];
  const small = files.filter(({ digest: { sizeBytes } }) => sizeBytes >= SHORTEST && sizeBytes <= LONGEST);
  const pointers: string[] = [];
  for (const { path } of small.slice(0, MOST)) {
    const head = await readHead(join(workspace, path), FIRST_LINE.length);
    if (head.toString('latin1') === FIRST_LINE) pointers.push(path);
  }
  return pointers;
}

async function usesLfs(files: readonly InputFile[], workspace: string): Promise<boolean> {
  for (const { path } of files.filter((file) => posix.basename(file.path) === '.gitattributes')) {
    const text = await readHead(join(workspace, path), LARGEST_ATTRIBUTES);
    if (text.includes('filter=lfs')) return true;
  }
  return false;
}
