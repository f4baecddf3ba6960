import { dirname, join, normalize } from 'node:path';
import { entriesOf, resolvePath, statusOf, type HostTree } from '../host-tree.js';
import { isWithin } from '../../files/within.js';
import { WORKSPACE } from '../layout.js';
import { isTaken, toolRootOf, type Surroundings } from './tool-roots.js';

/** What every PATH inside ends with. */
const USUAL = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** What `npm run` puts first on PATH belongs to the package it runs, not to the machine. */
const ofNpm = /\/node_modules\/\.bin\/?$|\/node-gyp-bin\/?$/;

export interface PathFolder {
  /** As PATH inside names it. */
  readonly inside: string;
  /** Where it really lies on the host; undefined for a folder of the checkout. */
  readonly real: string | undefined;
  /** The real folder that has to be shown for its programs to work; undefined when the system shows it anyway. */
  readonly root: string | undefined;
}

export interface PathRequest {
  readonly entries: readonly string[];
  readonly around: Surroundings;
  /** Real folders that are shown anyway, such as /usr. */
  readonly systemFolders: readonly string[];
}

/**
 * The folders of PATH that exist inside, in the host's order, each once, followed by the usual ones. Left out: what
 * does not exist, what lies in a temporary folder, and what may not be shown (`mayBeShown`).
 */
export function pathFolders(tree: HostTree, request: PathRequest): PathFolder[] {
  const folders = new Map<string, PathFolder>();
  for (const entry of [...request.entries, ...USUAL]) {
    const folder = placeEntry(tree, entry, request);
    if (folder !== undefined && !folders.has(folder.inside)) folders.set(folder.inside, folder);
  }
  return [...folders.values()];
}

function placeEntry(tree: HostTree, entry: string, request: PathRequest): PathFolder | undefined {
  const { around, systemFolders } = request;
  const ofCheckout = insideWorkspace(entry, around.workspace);
  if (ofCheckout !== undefined) return { inside: ofCheckout, real: undefined, root: undefined };
  if (!entry.startsWith('/') || ofNpm.test(entry)) return undefined;
  const lexical = normal(entry);
  const real = resolvePath(tree, lexical)?.path;
  if (real === undefined || statusOf(tree, real)?.isDirectory() !== true) return undefined;
  const linked = insideWorkspace(real, around.workspace);
  if (linked !== undefined) return { inside: linked, real: undefined, root: undefined };
  const inside = isTaken(lexical) ? real : lexical;
  if (systemFolders.some((folder) => isWithin(real, folder))) return { inside, real, root: undefined };
  const root = toolRootOf({ path: real, siblings: () => siblingsOf(tree, real) }, around);
  return root === undefined ? undefined : { inside, real, root };
}

/** A path that the workspace holds, as it reads inside; undefined for any other. A relative one starts there. */
function insideWorkspace(entry: string, workspace: string): string | undefined {
  if (entry === '') return undefined;
  const path = normal(entry.startsWith('/') ? entry : join(workspace, entry));
  return isWithin(path, workspace) ? join('/', WORKSPACE, path.slice(workspace.length)) : undefined;
}

export function siblingsOf(tree: HostTree, path: string): string[] {
  return (entriesOf(tree, dirname(path)) ?? []).map((entry) => entry.name);
}

/** Without `.`, `..`, doubled slashes or one at the end. */
function normal(path: string): string {
  return normalize(path).replace(/(.)\/$/, '$1');
}
