import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A `bwrap` of ours that stands before bubblewrap on buildbox-run's PATH, for two things that buildbox-run does not do.
 * It cannot tell a sandbox that did not start from a command that failed: both are exit code 1 in its result, but
 * bubblewrap can, on a descriptor of its own. And it refuses an output that is a symlink: the shim takes such a one
 * out of the staged tree after the build, for us to put into the result.
 */
export interface Shim {
  /** The folder to put first on PATH. */
  readonly folder: string;
  readonly status: string;
  readonly links: string;
  readonly outputs: readonly string[];
}

/** @param outputs relative to the root of the sandbox */
export async function writeShim(
  workFolder: string,
  bwrap: string,
  outputs: readonly string[],
): Promise<Shim> {
  const shim = {
    folder: join(workFolder, 'bin'),
    status: join(workFolder, 'sandbox-status'),
    links: join(workFolder, 'links'),
    outputs,
  };
  await mkdir(shim.folder);
  await mkdir(shim.links);
  await writeFile(join(shim.folder, 'bwrap'), shimScript(shim, bwrap), { mode: 0o755 });
  return shim;
}

function shimScript({ status, links, outputs }: Shim, bwrap: string): string {
  return [
    '#!/bin/sh',
    `exec 9>>${quote(status)}`,
    // A session of its own keeps the build from typing into the terminal that we may have.
    `${quote(bwrap)} --json-status-fd 9 --new-session "$@"`,
    'code=$?',
    // The staged tree is what buildbox-run binds to the root, before anything else.
    'for word; do',
    '  if [ "$before" = --bind ] && [ "$word" != / ]; then root=$word; break; fi',
    '  before=$word',
    'done',
    'take() { [ -L "$root/$1" ] && readlink -n "$root/$1" >"$2" && rm "$root/$1"; }',
    ...outputs.map((output, i) => takeLine(output, join(links, String(i)))),
    'exit "$code"',
    '',
  ].join('\n');
}

/** A build may have put a symlink to anywhere in place of a folder above its output, which must not be followed. */
function takeLine(output: string, file: string): string {
  const names = output.split('/');
  const parents = names.slice(0, -1).map((_, i) => names.slice(0, i + 1).join('/'));
  const checks = parents.map((parent) => `[ ! -L "$root"/${quote(parent)} ]`);
  return [...checks, `take ${quote(output)} ${quote(file)}`].join(' && ');
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

/** An output that is a symlink. */
export interface OutputLink {
  /** Relative to the root of the sandbox. */
  readonly path: string;
  readonly target: string;
}

export async function readLinks(shim: Shim): Promise<readonly OutputLink[]> {
  const links = await Promise.all(
    shim.outputs.map(async (path, i) => {
      const target = await readFile(join(shim.links, String(i)), 'utf8').catch(() => undefined);
      return target === undefined ? [] : [{ path, target }];
    }),
  );
  return links.flat();
}

function quote(path: string): string {
  return `'${path.replaceAll("'", `'\\''`)}'`;
}
