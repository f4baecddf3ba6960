import { existsSync, lstatSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { InputNode } from '../inputs/input-tree.js';

/** Where package managers put what others wrote, below a project's folder. */
const FOLDERS = ['node_modules', '.venv', 'venv', 'vendor', 'vendor/bundle', '.bundle', 'deps'];
const PROGRAMS = ['.bin', 'bin'];

/**
 * The folders of dependencies that are in the workspace but are no input, as git ignores them.
 *
 * @param project the folders that may have them, relative to the workspace
 */
export function leftOutDependencies(
  inputs: readonly InputNode[],
  workspace: string,
  project: ReadonlySet<string>,
): readonly string[] {
  const candidates = [...project].flatMap((folder) => FOLDERS.map((name) => posix.join(folder, name)));
  const present = candidates.filter((path) => isFolder(join(workspace, path)));
  return present.filter((path) => !inputs.some((node) => node.path.startsWith(`${path}/`)));
}

/** Whether a folder of dependencies has a program of that name. */
export function hasProgram(folder: string, command: string): boolean {
  return !command.includes('/') && PROGRAMS.some((name) => existsSync(join(folder, name, command)));
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
