import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * buildbox-run cannot tell a sandbox that did not start from a command that failed: both are exit code 1 in its
 * result. bubblewrap can, on a descriptor of its own, so a `bwrap` of ours stands before it on the runner's PATH.
 */
export interface Shim {
  /** The folder to put first on PATH. */
  readonly folder: string;
  readonly status: string;
}

export async function writeShim(workFolder: string, bwrap: string): Promise<Shim> {
  const folder = join(workFolder, 'bin');
  const status = join(workFolder, 'sandbox-status');
  await mkdir(folder);
  await writeFile(
    join(folder, 'bwrap'),
    [
      '#!/bin/sh',
      `exec 9>>${quote(status)}`,
      // A session of its own keeps the build from typing into the terminal that we may have.
      `exec ${quote(bwrap)} --json-status-fd 9 --new-session "$@"`,
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  return { folder, status };
}

/**
 * `untouched`: bubblewrap was never called. `failed`: it ran, but the command did not, either because the sandbox
 * could not be set up or because the command was not found. `started`: the command ran to its end.
 */
export type SandboxStatus = 'untouched' | 'failed' | 'started';

/** Reads what bubblewrap said: a document with `exit-code` comes exactly when the command started and ended. */
export async function readStatus(shim: Shim): Promise<SandboxStatus> {
  const text = await readFile(shim.status, 'utf8').catch(() => undefined);
  if (text === undefined) return 'untouched';
  return text.includes('"exit-code"') ? 'started' : 'failed';
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
