import { chmod, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Machine } from '../../src/machine.js';
import { findProgram } from '../../src/process/own-programs.js';
import type { ToolContext } from '../../src/tools/source.js';
import { sha256OfFile } from '../../src/tools/buildbox/wrong-hash.js';

export const HOST_PATH = (process.env.PATH ?? '').split(':');

/** A program of the machine that the tests run on. */
export function findOnHost(name: string): string | undefined {
  return findProgram(name, { workspace: '/nonexistent', home: '/', environment: {}, path: HOST_PATH });
}

/** A folder of its own for a test, removed after it. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tools-test-')));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface TestContext extends ToolContext {
  readonly phases: string[];
  readonly warnings: string[];
}

export function makeContext(
  toolFolder: string,
  machine: Partial<Machine> = {},
  signal: AbortSignal = new AbortController().signal,
): TestContext {
  const phases: string[] = [];
  const warnings: string[] = [];
  return {
    machine: {
      workspace: '/nonexistent',
      home: toolFolder,
      temporary: tmpdir(),
      userCache: toolFolder,
      programs: '/opt/buildbox-action/dist',
      toolCache: undefined,
      path: HOST_PATH,
      image: undefined,
      environment: {},
      builder: 'test',
      uid: process.getuid?.() ?? 0,
      gid: process.getgid?.() ?? 0,
      ...machine,
    },
    log: {
      phase: (text) => void phases.push(text),
      progress: () => undefined,
      info: () => undefined,
      notice: () => undefined,
      warn: (text) => void warnings.push(text),
    },
    signal,
    toolFolder,
    pinnedFolder: toolFolder,
    hashOf: (file) => sha256OfFile(file, signal),
    phases,
    warnings,
  };
}

/** Writes an executable shell script. */
export async function writeProgram(folder: string, name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Puts links to some of the host's programs into a folder that can stand alone as PATH. */
export async function linkPrograms(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = findOnHost(name);
    if (file !== undefined) await symlink(file, join(folder, name));
  }
}

/** A BuildBox of that version, as far as looking for one goes. */
export function printsVersion(name: string, version: string): string {
  return `echo "/somewhere/${name} ${version}"`;
}
