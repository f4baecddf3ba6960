import { basename, dirname, join } from 'node:path';
import { isWithin } from '../../files/within.js';
import { WORKSPACE } from '../layout.js';

/** Folders of this machine that are never shown as a whole. All absolute. */
export interface Surroundings {
  readonly workspace: string;
  readonly home: string;
  readonly temporary: string;
  readonly userCache: string;
  readonly toolCache: string | undefined;
  /** What else is no tool, such as this action's own cache folder. */
  readonly excluded: readonly string[];
}

/** What the file system says about a folder of programs. */
export interface FolderFacts {
  /** Real path. */
  readonly path: string;
  /** Names in the folder above it. */
  siblings(): readonly string[];
}

/** Everything in Nix's store needs others of it, and is named after its own content. */
export const NIX_STORE = '/nix/store';

/** The sandbox fills these itself, or has none: nothing can be shown below them. */
const TAKEN = ['/dev', '/proc', '/run', '/sys', '/tmp', `/${WORKSPACE}`];
/** What lies here does not last, or starts only through a service of the host. */
const NO_TOOLS = ['/boot', '/snap', '/var/run', '/var/snap', '/var/tmp'];
/** Folders that hold many unrelated things: shown in part, never whole. */
const NEVER_WHOLE = [
  '/',
  '/etc',
  '/home',
  '/media',
  '/mnt',
  '/opt',
  '/root',
  '/srv',
  '/usr',
  '/usr/local',
  '/var',
];

const PROGRAM_FOLDERS = new Set(['bin', 'sbin', 'Scripts']);
/** What stands beside `bin` where a tool has a folder of its own. */
const MARKS_OF_A_TOOL = new Set([
  'conf',
  'gems',
  'include',
  'jmods',
  'jre',
  'lib',
  'lib32',
  'lib64',
  'libexec',
  'packages',
  'pyvenv.cfg',
  'share',
]);
/** Folders of the home folder in which programs and secrets of many tools lie side by side. */
const SHARED_IN_HOME = [
  '.local',
  '.config',
  '.cargo',
  '.cache',
  '.ssh',
  '.aws',
  '.docker',
  '.gnupg',
  '.kube',
];
const CREDENTIALS =
  /^(config|\.?credentials(\..*)?|auth(\..*)?|\.?(git-credentials|netrc|npmrc|pypirc|ssh|aws|gnupg|docker|kube)|id_[a-z0-9]+|keyrings|.*\.(key|pem))$/;

/**
 * The folder to show so that the programs of a PATH folder work: the tool's own folder where it has one, else the
 * PATH folder alone. Undefined where nothing may be shown: see `mayBeShown`.
 */
export function toolRootOf(facts: FolderFacts, around: Surroundings): string | undefined {
  if (isWithin(facts.path, NIX_STORE)) return NIX_STORE;
  if (!mayBeShown(facts.path, around)) return undefined;
  const cached = toolCacheEntry(facts.path, around.toolCache);
  if (cached !== undefined && mayBeShown(cached, around)) return cached;
  const parent = dirname(facts.path);
  return isToolFolder(facts, parent, around) && mayBeShown(parent, around) ? parent : facts.path;
}

/**
 * Whether a folder may be shown whole: not the system's own, not the home folder, the checkout or the cache nor a
 * folder that holds one of them, and nothing temporary.
 */
export function mayBeShown(path: string, around: Surroundings): boolean {
  if (NEVER_WHOLE.includes(path) || isTaken(path) || !canBeMounted(path)) return false;
  if (/^\/mnt\/[a-z](\/|$)/.test(path)) return false; // A drive of Windows in its Linux subsystem.
  const isCached = around.toolCache !== undefined && isWithin(path, around.toolCache);
  const fleeting = [...NO_TOOLS, around.temporary, around.workspace, ...around.excluded];
  if (!isCached && fleeting.some((folder) => isWithin(path, folder))) return false;
  return !keptFolders(around).some((folder) => isWithin(folder, path));
}

/** Folders that are never shown whole, nor is one that holds them. */
export function keptFolders(around: Surroundings): readonly string[] {
  return [around.home, around.workspace, around.userCache, around.temporary, ...around.excluded];
}

/** Whether a path lies where the sandbox has something else. */
export function isTaken(path: string): boolean {
  return TAKEN.some((folder) => isWithin(path, folder));
}

/** buildbox-run writes a mount as `SOURCE:TARGET`, so a path with a colon cannot be one. */
export function canBeMounted(path: string): boolean {
  return !path.includes(':');
}

/** `NAME/VERSION/ARCHITECTURE` of the runner's tool cache, in which every tool has such a folder. */
function toolCacheEntry(path: string, toolCache: string | undefined): string | undefined {
  if (toolCache === undefined || !isWithin(path, toolCache)) return undefined;
  const names = path.slice(toolCache.length + 1).split('/');
  return names.length < 3 ? undefined : join(toolCache, ...names.slice(0, 3));
}

function isToolFolder(facts: FolderFacts, parent: string, around: Surroundings): boolean {
  if (SHARED_IN_HOME.some((name) => parent === join(around.home, name))) return false;
  const isShims = basename(facts.path) === 'shims';
  if (!isShims && !PROGRAM_FOLDERS.has(basename(facts.path))) return false;
  const siblings = facts.siblings();
  if (siblings.some((name) => CREDENTIALS.test(name))) return false;
  return isShims || siblings.some((name) => MARKS_OF_A_TOOL.has(name));
}
