import { randomBytes } from 'node:crypto';
import { mkdir, realpath, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { Fault, messageOf, systemErrorCode } from '../errors.js';
import type { Digest } from '../reapi/digest.js';
import { type PlannedOutput, UnusableResult } from './plan.js';

interface FileToWrite {
  readonly digest: Digest;
  /** Absolute. */
  readonly path: string;
  readonly mode: number;
}

/** Where blobs come from. What it writes is checked; what it cannot give right, it throws for. */
export interface BlobSource {
  fetchFiles(files: readonly FileToWrite[], signal: AbortSignal): Promise<void>;
}

interface StagedOutput {
  readonly target: string;
  readonly staged: string;
}

/**
 * Writes outputs into the workspace. Everything is made complete beside its place first; only then is what stood
 * there replaced. After a failure or an abort the workspace is as it was.
 *
 * @param workingDirectory absolute
 * @throws Fault when an output's folder leads out of the workspace, or cannot be written; UnusableResult when a name
 * or a path of it is longer than the system allows
 */
export async function restoreOutputs(
  planned: readonly PlannedOutput[],
  workspace: string,
  workingDirectory: string,
  blobs: BlobSource,
  signal: AbortSignal,
): Promise<void> {
  const made: string[] = [];
  const mark = `.buildbox-${randomBytes(6).toString('hex')}`;
  try {
    const outputs: StagedOutput[] = [];
    const files: FileToWrite[] = [];
    for (const output of planned) {
      const target = join(workingDirectory, output.path);
      made.push(...(await makeParent(target, workspace)));
      const staged = join(dirname(target), `${mark}-new-${outputs.length}`);
      made.push(staged);
      outputs.push({ target, staged });
      files.push(...(await stage(output, staged)));
    }
    await blobs.fetchFiles(files, signal);
    signal.throwIfAborted();
    await replaceAll(outputs, mark);
  } catch (error) {
    for (const path of made.reverse()) await rm(path, { recursive: true, force: true });
    throw explainWriteError(error);
  }
}

/** Makes the folder that an output is to be in; returns the topmost folder that was not there before. */
async function makeParent(target: string, workspace: string): Promise<readonly string[]> {
  const parent = dirname(target);
  const existing = await nearestExisting(parent);
  const inside = relative(await realpath(workspace), await realpath(existing));
  if (inside === '..' || inside.startsWith(`..${sep}`)) {
    throw new Fault(
      `the output ${target} would be written outside the workspace: ${existing} is a symlink out of it`,
      {
        remedy: 'Remove the symlink, or name another output.',
      },
    );
  }
  const first = await mkdir(parent, { recursive: true });
  return first === undefined ? [] : [first];
}

async function nearestExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await realpath(folder);
      return folder;
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** Makes the folders and symlinks of an output beside its place, and says which files are to come. */
async function stage(output: PlannedOutput, staged: string): Promise<readonly FileToWrite[]> {
  const place = (path: string) => staged + path.slice(output.path.length);
  for (const node of output.nodes) {
    if (node.kind === 'directory') await mkdir(place(node.path));
    if (node.kind === 'symlink') await symlink(node.target, place(node.path));
  }
  return output.nodes.flatMap((node) =>
    node.kind === 'file'
      ? [{ digest: node.digest, path: place(node.path), mode: node.executable ? 0o777 : 0o666 }]
      : [],
  );
}

/** Puts everything in its place, and everything back when one cannot be. */
async function replaceAll(outputs: readonly StagedOutput[], mark: string): Promise<void> {
  const replaced: { target: string; old: string | undefined }[] = [];
  try {
    for (const { target, staged } of outputs) {
      const old = join(dirname(target), `${mark}-old-${replaced.length}`);
      const stood = await moveAway(target, old);
      replaced.push({ target, old: stood ? old : undefined });
      await rename(staged, target);
    }
  } catch (error) {
    for (const { target, old } of replaced.reverse()) {
      await rm(target, { recursive: true, force: true });
      if (old !== undefined) await rename(old, target);
    }
    throw error;
  }
  for (const { old } of replaced) {
    if (old !== undefined) await rm(old, { recursive: true, force: true });
  }
}

async function moveAway(path: string, to: string): Promise<boolean> {
  try {
    await rename(path, to);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
}

const NOT_WRITABLE: ReadonlySet<string | undefined> = new Set([
  'EACCES',
  'EDQUOT',
  'EEXIST',
  'ENOSPC',
  'ENOTDIR',
  'EPERM',
  'EROFS',
]);

function explainWriteError(error: unknown): unknown {
  if (systemErrorCode(error) === 'ENAMETOOLONG') {
    return new UnusableResult('it has a path that is too long for this machine', { cause: error });
  }
  if (!NOT_WRITABLE.has(systemErrorCode(error))) return error;
  return new Fault(`could not write the outputs: ${messageOf(error)}`, {
    cause: error,
    remedy: 'Nothing was replaced. Make room, or let the user of this job write there.',
  });
}
