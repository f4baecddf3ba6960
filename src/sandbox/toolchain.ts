import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { DigestMemory } from '../memory/digest-memory.js';
import { compareUtf8 } from '../reapi/order.js';
import { isWithin, resolvePath, statusOf, type HostTree } from './host-tree.js';
import { siblingsOf, type PathFolder } from './path-folders.js';
import { SYSTEM_PROGRAM_FOLDERS } from './system-programs.js';
import { keptFolders, mayBeShown, NIX_STORE, toolRootOf, type Surroundings } from './tool-roots.js';
import { rustupHomeOf } from './tool-variables.js';
import { listTree } from './tree-listing.js';
import { remembered } from './watched.js';

export interface ToolchainRequest {
  readonly tree: HostTree;
  readonly folders: readonly PathFolder[];
  readonly around: Surroundings;
  readonly systemFolders: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memory: DigestMemory;
  /** Also list the system's own folders, because no package manager accounts for them. */
  readonly listSystem: boolean;
  readonly signal: AbortSignal;
}

export interface Toolchain {
  /** Real folders to show besides the system's, sorted. */
  readonly roots: readonly string[];
  /** `RUSTUP_HOME` as it reads on the host, where rustup is on PATH. */
  readonly rustupHome: string | undefined;
  /** `tools:FOLDER` -> digest of what is in it. */
  readonly parts: Readonly<Record<string, string>>;
}

/** Where programs are put by hand: always part of the toolchain, whatever PATH says. */
const LOCAL = '/usr/local';

/** Finds the folders of tools that PATH leads to, also through links of its programs, and what is in them. */
export async function toolchainOf(request: ToolchainRequest): Promise<Toolchain> {
  const rustupHome = findRustupHome(request);
  const listed = listedFolders(request, rustupHome);
  const parts: Record<string, string> = {};
  const followed = new Set<string>();
  for (const root of [...listed]) {
    await takeTurn(request.signal);
    for (const file of describe(request, root, listed, parts)) {
      const folder = linkedRoot(request, file, listed);
      if (folder !== undefined) followed.add(folder);
    }
  }
  const all = new Set([...listed, ...followed]);
  for (const root of followed) {
    await takeTurn(request.signal);
    describe(request, root, all, parts);
  }
  return { roots: [...all].filter((root) => !isSystem(request, root)).sort(compareUtf8), rustupHome, parts };
}

/** Lets other work of this process go on between two folders. */
async function takeTurn(signal: AbortSignal): Promise<void> {
  await setImmediate();
  signal.throwIfAborted();
}

function listedFolders(request: ToolchainRequest, rustupHome: string | undefined): Set<string> {
  const onPath = programFoldersOf(request).map((folder) => rootOf(request, folder) ?? folder);
  const rustup = rustupHome === undefined ? undefined : resolvePath(request.tree, rustupHome)?.path;
  const system = request.listSystem ? request.systemFolders : [];
  return new Set([LOCAL, ...onPath, ...(rustup === undefined ? [] : [rustup]), ...system]);
}

/** The real folders of PATH whose programs no package manager accounts for. */
function programFoldersOf(request: ToolchainRequest): string[] {
  const usual = SYSTEM_PROGRAM_FOLDERS;
  return request.folders.flatMap(({ real }) => (real === undefined || usual.includes(real) ? [] : [real]));
}

function rootOf({ tree, around }: ToolchainRequest, folder: string): string | undefined {
  return toolRootOf({ path: folder, siblings: () => siblingsOf(tree, folder) }, around);
}

function findRustupHome({ tree, folders, environment, around }: ToolchainRequest): string | undefined {
  const isThere = folders.some(({ real }) => real !== undefined && statusOf(tree, join(real, 'rustup')));
  if (!isThere) return undefined;
  const home = rustupHomeOf(environment, around.home);
  const real = resolvePath(tree, home)?.path;
  return real !== undefined && mayBeShown(real, around) ? home : undefined;
}

/** Notes the digest of a tree of tools. Returns the files outside of it that its programs are links to. */
function describe(
  request: ToolchainRequest,
  root: string,
  roots: ReadonlySet<string>,
  parts: Record<string, string>,
): readonly string[] {
  const { tree, memory, around } = request;
  const programFolders = new Set(programFoldersOf(request).filter((folder) => isWithin(folder, root)));
  if (root === NIX_STORE) {
    parts[`tools:${root}`] = [...programFolders].sort(compareUtf8).join(' ');
    return [];
  }
  const inner = [...roots, ...keptFolders(around)];
  const leftOut = new Set(inner.filter((path) => path !== root && isWithin(path, root)));
  const name = ['tools', root, ...programFolders, 'without', ...leftOut].join(' ');
  const [digest = '', ...outside] = remembered(memory, tree, name, (watch) => {
    const listing = listTree(tree, { root, programFolders, leftOut }, watch);
    return [listing.cut ? `${listing.digest} in part` : listing.digest, ...listing.outside].join('//');
  }).split('//');
  parts[`tools:${root}`] = digest;
  return outside;
}

/** The tool folder that a linked program needs, where it is certain enough to be one. */
function linkedRoot(request: ToolchainRequest, file: string, roots: ReadonlySet<string>): string | undefined {
  if (isSystem(request, file) || [...roots].some((root) => isWithin(file, root))) return undefined;
  const folder = dirname(file);
  const root = rootOf(request, folder);
  return root !== undefined && (root !== folder || isWithin(root, '/opt')) ? root : undefined;
}

function isSystem({ systemFolders }: ToolchainRequest, path: string): boolean {
  return systemFolders.some((folder) => isWithin(path, folder));
}
