import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { DigestCache } from '../../digests/digest-cache.js';
import { compareUtf8 } from '../../reapi/order.js';
import { resolvePath, statusOf, type HostTree } from '../host-tree.js';
import { isWithin } from '../../files/within.js';
import type { ListingLimits } from './listing-limits.js';
import { OwnedFiles } from '../packages/owned-files.js';
import type { Packages } from '../packages/packages.js';
import { siblingsOf, type PathFolder } from './path-folders.js';
import { yieldTurn } from '../../async/yielding.js';
import {
  canBeMounted,
  keptFolders,
  mayBeShown,
  NIX_STORE,
  toolRootOf,
  type Surroundings,
} from './tool-roots.js';
import { rustupHomeOf } from './tool-variables.js';
import { listTree } from './tree-listing.js';
import type { Hidden, TreeListing } from './tree-walk.js';
import { recallWatched, rememberWatched, Watch } from './watched.js';

export interface ToolchainRequest {
  readonly tree: HostTree;
  readonly folders: readonly PathFolder[];
  readonly around: Surroundings;
  readonly systemFolders: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memory: DigestCache;
  /** Names of packages that do not count. */
  readonly ownPackages: readonly string[];
  /** Undefined where no package manager accounts for the system's own folders. */
  readonly packages: Packages | undefined;
  readonly limits: ListingLimits;
  readonly signal: AbortSignal;
}

export interface Toolchain {
  /** Real folders to show besides the system's, sorted. */
  readonly roots: readonly string[];
  /** Links of programs that lead to one of the roots, perhaps by way of other links. */
  readonly links: readonly string[];
  /** `RUSTUP_HOME` as it reads on the host, where rustup is on PATH. */
  readonly rustupHome: string | undefined;
  /** `tools:FOLDER` -> digest of what is in it. */
  readonly parts: Readonly<Record<string, string>>;
  /** Folders that were too large to be listed or read as a whole, sorted. */
  readonly cut: readonly string[];
  /** Folders of which some files count by name, size and mode alone, sorted. */
  readonly bySize: readonly string[];
  /** What is not shown although it lies in a folder that is. */
  readonly hidden: readonly Hidden[];
}

/** Where programs are put by hand: always part of the toolchain, whatever PATH says. */
const LOCAL = '/usr/local';

/** How many paths below a folder are looked at again on each run, a few microseconds each. */
const WATCHED = { system: 3500, tool: 1000 };

const stored = v.object({
  digest: v.string(),
  cut: v.boolean(),
  bySize: v.boolean(),
  outside: v.array(v.object({ link: v.string(), file: v.string() })),
  hidden: v.array(v.object({ path: v.string(), kind: v.picklist(['directory', 'file']) })),
});

/**
 * Finds the folders of tools that PATH leads to, also through links of programs, and what is in them and in the
 * system's own.
 */
export async function toolchainOf(request: ToolchainRequest): Promise<Toolchain> {
  const rustupHome = findRustupHome(request);
  const roots = listedFolders(request, rustupHome);
  const described = new Map<string, TreeListing>();
  const links: string[] = [];
  // Grows while it is walked: what a program leads to may have links of its own.
  for (const root of roots) {
    await yieldTurn(request.signal);
    const found = await describe(request, root, roots);
    described.set(root, found);
    for (const { link, file } of found.outside) {
      const shown = linkedRoot(request, file, roots);
      if (shown !== undefined) roots.add(shown);
      links.push(link);
    }
  }
  const all = [...described];
  return {
    roots: [...roots].filter((root) => !isSystem(request, root)).sort(compareUtf8),
    links,
    rustupHome,
    parts: Object.fromEntries(
      all.map(([root, { digest, cut }]) => [`tools:${root}`, cut ? `${digest} in part` : digest]),
    ),
    cut: all.flatMap(([root, { cut }]) => (cut ? [root] : [])).sort(compareUtf8),
    bySize: all.flatMap(([root, { bySize }]) => (bySize ? [root] : [])).sort(compareUtf8),
    hidden: [...all.flatMap(([, { hidden }]) => hidden), ...hiddenFolders(request, roots)],
  };
}

function listedFolders(request: ToolchainRequest, rustupHome: string | undefined): Set<string> {
  const { tree, systemFolders } = request;
  const rustup = rustupHome === undefined ? undefined : resolvePath(tree, rustupHome)?.path;
  const listed = new Set([...systemFolders, LOCAL]);
  for (const folder of [...programFoldersOf(request)]) {
    const root = rootOf(request, folder);
    // A folder alone that lies in one of those is listed with it.
    const isPart =
      (root === undefined || root === folder) &&
      [...systemFolders, LOCAL].some((outer) => isWithin(folder, outer));
    if (!isPart) listed.add(root ?? folder);
  }
  if (rustup !== undefined) listed.add(rustup);
  return listed;
}

/** The real folders of PATH. */
function programFoldersOf(request: ToolchainRequest): string[] {
  return request.folders.flatMap(({ real }) => (real === undefined ? [] : [real]));
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

/** What is in a tree of tools: listed, or remembered while what was looked at stays as it was. */
async function describe(
  request: ToolchainRequest,
  root: string,
  roots: ReadonlySet<string>,
): Promise<TreeListing> {
  const { tree, memory, around, packages, limits, signal } = request;
  const programFolders = new Set(programFoldersOf(request).filter((folder) => isWithin(folder, root)));
  if (root === NIX_STORE) {
    const digest = [...programFolders].sort(compareUtf8).join(' ');
    return { digest, cut: false, bySize: false, outside: [], hidden: [] };
  }
  const inner = [...roots, ...keptFolders(around)];
  const leftOut = new Set(inner.filter((path) => path !== root && isWithin(path, root)));
  const name = JSON.stringify([root, [...programFolders], [...leftOut], request.ownPackages, limits.folders]);
  const known = recallWatched(memory, tree, name);
  if (known !== undefined) return v.parse(stored, JSON.parse(known));
  const most = request.systemFolders.includes(root) ? WATCHED.system : WATCHED.tool;
  const watch = new Watch(tree, most);
  for (const database of packages?.databases ?? []) watch.status(database);
  const owned = (await packages?.files()) ?? new OwnedFiles(tree, []);
  const listing = await listTree(tree, { root, programFolders, leftOut, owned, limits, signal }, watch);
  rememberWatched(memory, tree, name, watch, JSON.stringify(listing));
  return listing;
}

/** The tool folder that a linked program needs, where it is certain enough to be one; a program right in /opt alone. */
function linkedRoot(request: ToolchainRequest, file: string, roots: ReadonlySet<string>): string | undefined {
  if (isSystem(request, file) || [...roots].some((root) => isWithin(file, root))) return undefined;
  const folder = dirname(file);
  if (folder === '/opt') return canBeMounted(file) ? file : undefined;
  const root = rootOf(request, folder);
  return root !== undefined && (root !== folder || isWithin(root, '/opt')) ? root : undefined;
}

/** The checkout, the caches and the home folder, where they lie in a folder that is shown. */
function hiddenFolders({ around, systemFolders }: ToolchainRequest, roots: ReadonlySet<string>): Hidden[] {
  return keptFolders(around)
    .filter((folder) =>
      [...systemFolders, LOCAL].some((outer) => folder !== outer && isWithin(folder, outer)),
    )
    .filter((folder) => ![...roots].some((root) => isWithin(root, folder)))
    .map((path) => ({ path, kind: 'directory' }));
}

function isSystem({ systemFolders }: ToolchainRequest, path: string): boolean {
  return systemFolders.some((folder) => isWithin(path, folder));
}
