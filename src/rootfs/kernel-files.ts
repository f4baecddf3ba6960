import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What of a fresh /proc is no process but the kernel itself, and how the sandbox shows it. A build that root starts is
 * uid 0 for the kernel, without any capability; for many of these files that is enough to write to them, and
 * `core_pattern` among them names a program that the kernel runs outside of the sandbox.
 */
export interface KernelFiles {
  /** Shown read-only. */
  readonly readOnly: readonly string[];
  /** Shown empty: what only root may read, and the keys of the session. */
  readonly hidden: readonly string[];
}

export interface ProcEntry {
  readonly name: string;
  /** `other`: a container shows a device in place of a file that it hides. */
  readonly kind: 'directory' | 'file' | 'link' | 'other';
  readonly mode: number;
}

/** A process, whose files the kernel guards by who it is. */
const PROCESS = /^\d+$/;
const MODE_WRITE = 0o222;
const MODE_READ_BY_OTHERS = 0o004;

export function sortKernelFiles(entries: readonly ProcEntry[]): KernelFiles {
  const files = entries.filter(({ name, kind }) => kind !== 'link' && !PROCESS.test(name));
  const isHidden = ({ name, kind, mode }: ProcEntry) =>
    kind === 'other' || (kind === 'file' && (name === 'keys' || (mode & MODE_READ_BY_OTHERS) === 0));
  const isWritable = ({ kind, mode }: ProcEntry) => kind === 'directory' || (mode & MODE_WRITE) !== 0;
  const path = ({ name }: ProcEntry) => join('/proc', name);
  return {
    readOnly: files.filter((entry) => isWritable(entry) && !isHidden(entry)).map(path),
    hidden: files.filter(isHidden).map(path),
  };
}

/** Looks at this machine's /proc, of which a sandbox gets a fresh one. */
export async function readKernelFiles(): Promise<KernelFiles> {
  const names = (await readdir('/proc')).filter((name) => !PROCESS.test(name));
  const entries = await Promise.all(
    names.map(async (name): Promise<readonly ProcEntry[]> => {
      const status = await lstat(join('/proc', name)).catch(() => undefined);
      if (status === undefined) return [];
      return [{ name, kind: kindOf(status), mode: status.mode }];
    }),
  );
  return sortKernelFiles(entries.flat());
}

function kindOf(status: Stats): ProcEntry['kind'] {
  if (status.isSymbolicLink()) return 'link';
  if (status.isDirectory()) return 'directory';
  return status.isFile() ? 'file' : 'other';
}
