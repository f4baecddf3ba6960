import type { Stats } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import * as v from 'valibot';
import { Fault, messageOf, systemErrorCode } from '../../errors.js';

/** Written last into an install; a folder without it, or one that it does not describe, is not an install. */
const MANIFEST = 'manifest.json';
const UNFINISHED = '.unfinished-';
/** No install takes this long, in milliseconds: what is older was left behind by one that was killed. */
const ABANDONED_AFTER = 60 * 60 * 1000;

const manifestSchema = v.object({
  version: v.literal(1),
  tool: v.string(),
  origin: v.string(),
  files: v.record(
    v.string(),
    v.object({ size: v.number(), mtimeMs: v.number(), sha256: v.optional(v.string()) }),
  ),
});

/** What a file is held against. */
type Recorded = v.InferOutput<typeof manifestSchema>['files'][string];

/** The SHA-256 of a file, as 64 lower-case hexadecimal digits. @param status read just now */
export type HashOf = (file: string, status: Stats) => Promise<string>;

/** How an install is checked. */
export interface InstallCheck {
  readonly hashOf: HashOf;
  /** Hashes that are known here, by the names of programs; then nothing that the install says of itself counts. */
  readonly pinned?: Readonly<Record<string, string>>;
}

/** What an install says of itself. */
export interface Installed {
  readonly folder: string;
  /** The version of the tool. */
  readonly tool: string;
  /** What it was made from: the hash of a download, or the packages. */
  readonly origin: string;
  /** The installed files, relative to the folder. */
  readonly files: readonly string[];
}

/**
 * The install in that folder, when it is complete, holds nothing else, and its files are what they should be by their
 * hashes. Starts no process. Anything else there is undefined, never an error.
 */
export async function findInstalled(folder: string, check: InstallCheck): Promise<Installed | undefined> {
  try {
    const text = await readFile(join(folder, MANIFEST), 'utf8');
    const { tool, origin, files } = v.parse(manifestSchema, JSON.parse(text));
    const names = Object.keys(files).sort();
    // A program that nobody listed would be found by those that look beside themselves.
    if (names.length === 0 || names.join('\n') !== (await filesIn(folder)).join('\n')) return undefined;
    const intact = await Promise.all(
      Object.entries(files).map(([name, recorded]) => isIntact(folder, name, recorded, check)),
    );
    return intact.every(Boolean) ? { folder, tool, origin, files: names } : undefined;
  } catch {
    return undefined;
  }
}

async function isIntact(folder: string, name: string, recorded: Recorded, check: InstallCheck) {
  const { hashOf, pinned } = check;
  const file = join(folder, name);
  const expected = pinned === undefined ? recorded.sha256 : pinned[basename(name)];
  const status = await lstat(file);
  if (!status.isFile() || status.size !== recorded.size || expected === undefined) return false;
  return (await hashOf(file, status)) === expected;
}

/** All that is no folder, sorted, without the manifest. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((name) => name !== MANIFEST)
    .sort();
}

/**
 * Hands out a fresh folder beside the installs of a tool, and removes it in every case afterwards.
 *
 * @throws Fault when the tool folder cannot be written.
 */
export async function withUnfinished<T>(
  toolFolder: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await makeUnfinished(toolFolder);
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeUnfinished(toolFolder: string): Promise<string> {
  try {
    await mkdir(toolFolder, { recursive: true });
    await removeAbandoned(toolFolder);
    return await mkdtemp(join(toolFolder, UNFINISHED));
  } catch (cause) {
    throw new Fault(`cannot keep tools in ${toolFolder}: ${messageOf(cause)}`, {
      cause,
      remedy: 'Give a folder that this user may write, with cache-dir or RUNNER_TOOL_CACHE.',
    });
  }
}

async function removeAbandoned(toolFolder: string): Promise<void> {
  for (const name of await readdir(toolFolder)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const folder = join(toolFolder, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Date.now() }))).mtimeMs;
    if (age > ABANDONED_AFTER) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Turns a finished folder into the install at `target`, in one step. Where another process has put a good one there
 * meanwhile, that one is taken.
 *
 * @param made a folder on the same file system, inside one of {@link withUnfinished}.
 */
export async function completeInstall(
  made: string,
  target: string,
  about: { readonly tool: string; readonly origin: string },
  check: InstallCheck,
): Promise<Installed> {
  const files = await recordFiles(made, check.hashOf);
  await writeFile(join(made, MANIFEST), JSON.stringify({ version: 1, ...about, files }));
  await mkdir(dirname(target), { recursive: true });
  while (!(await renameToNothing(made, target))) {
    const winner = await findInstalled(target, check);
    if (winner !== undefined) return winner;
    await moveAside(target, join(dirname(made), 'damaged'));
  }
  return { folder: target, ...about, files: Object.keys(files) };
}

async function moveAside(damaged: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(damaged, to).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'ENOENT') throw error; // Another process moved it first.
  });
}

async function renameToNothing(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return false;
    throw error;
  }
}

/** Times are cut to whole seconds, because an archive that a tool cache travels in may keep no more. */
async function recordFiles(folder: string, hashOf: HashOf): Promise<Record<string, Recorded>> {
  const recorded: Record<string, Recorded> = {};
  const now = Math.floor(Date.now() / 1000);
  for (const name of await readdir(folder, { recursive: true })) {
    const file = join(folder, name);
    const status = await lstat(file);
    if (!status.isFile()) continue;
    await utimes(file, now, now);
    const sha256 = await hashOf(file, await lstat(file));
    recorded[name] = { size: status.size, mtimeMs: now * 1000, sha256 };
  }
  return recorded;
}
