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
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { Fault, messageOf, systemErrorCode } from '../errors.js';

/** Written last into an install; a folder without it, or one that it does not describe, is not an install. */
const MANIFEST = 'manifest.json';
const UNFINISHED = '.unfinished-';
/** No install takes this long, in milliseconds: what is older was left behind by one that was killed. */
const ABANDONED_AFTER = 60 * 60 * 1000;

const manifestSchema = v.object({
  version: v.literal(1),
  tool: v.string(),
  origin: v.string(),
  files: v.record(v.string(), v.object({ size: v.number(), mtimeMs: v.number() })),
});

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
 * The install in that folder, when it is complete and its files are as they were left (size and time of change).
 * Starts no process and reads no file but the manifest. Anything else there is undefined, never an error.
 */
export async function findInstalled(folder: string): Promise<Installed | undefined> {
  try {
    const text = await readFile(join(folder, MANIFEST), 'utf8');
    const manifest = v.parse(manifestSchema, JSON.parse(text));
    const files = Object.entries(manifest.files);
    const intact = await Promise.all(
      files.map(async ([name, recorded]) => {
        const found = await lstat(join(folder, name));
        return found.isFile() && found.size === recorded.size && found.mtimeMs === recorded.mtimeMs;
      }),
    );
    if (files.length === 0 || !intact.every(Boolean)) return undefined;
    return { folder, tool: manifest.tool, origin: manifest.origin, files: Object.keys(manifest.files) };
  } catch {
    return undefined;
  }
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
): Promise<Installed> {
  const files = await recordFiles(made);
  await writeFile(join(made, MANIFEST), JSON.stringify({ version: 1, ...about, files }));
  await mkdir(dirname(target), { recursive: true });
  while (!(await renameToNothing(made, target))) {
    const winner = await findInstalled(target);
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
async function recordFiles(folder: string): Promise<Record<string, { size: number; mtimeMs: number }>> {
  const recorded: Record<string, { size: number; mtimeMs: number }> = {};
  const now = Math.floor(Date.now() / 1000);
  for (const name of await readdir(folder, { recursive: true })) {
    const file = join(folder, name);
    const status = await lstat(file);
    if (!status.isFile()) continue;
    await utimes(file, now, now);
    recorded[name] = { size: status.size, mtimeMs: now * 1000 };
  }
  return recorded;
}
