import { realpathSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { realPathOf } from '../files/nearest.js';
import { isScratchPath } from '../process/scratch-name.js';
import { isWithin, rawName, type RawName } from './names.js';

/** What below the workspace is left out, whatever the pathspecs say. All paths are relative to the workspace. */
export interface Scope {
  /** The workspace, with its symbolic links resolved. */
  readonly root: string;
  /** What this run writes: below it, only what git tracks is input. */
  readonly written: readonly RawName[];
  /** Never read. */
  readonly excluded: readonly RawName[];
}

export function scopeOf(workspace: string, written: readonly string[], excluded: readonly string[]): Scope {
  const root = realpathSync(workspace);
  return {
    root,
    written: written.map((path) => relative(workspace, resolve(workspace, path))).flatMap(inside),
    excluded: excluded.map((path) => relative(root, realPathOf(path))).flatMap(inside),
  };
}

export function isLeftOut(scope: Scope, name: RawName, tracked: boolean): boolean {
  return (
    scope.excluded.some((folder) => isWithin(name, folder)) ||
    (!tracked && (scope.written.some((path) => isWithin(name, path)) || isScratchPath(name)))
  );
}

/** Whether something that is left out lies, or may come to lie, in this folder. */
export function leadsToLeftOut(scope: Scope, folder: RawName): boolean {
  return [...scope.written, ...scope.excluded].some((path) => isWithin(path, folder));
}

function inside(path: string): RawName[] {
  return path === '..' || path.startsWith('../') ? [] : [rawName(path)];
}
