import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const addressOf = (path: string) => pathToFileURL(resolve(path)).href;

/** A script of `fixtures/` that a process imports before its program. */
export interface Preload {
  readonly script: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The process ends by SIGKILL just before a call of the file system: see `fixtures/die-at.js`. */
export function dieAt(call: string): Preload {
  return { script: 'die-at.js', variables: { DIE_AT: call } };
}

/** Calls of the file system hang in the process: see `fixtures/hang-at.js`. */
export function hangAt(call: string, pipe: string): Preload {
  return { script: 'hang-at.js', variables: { HANG_AT: call, HANG_ON: pipe } };
}

/** The process has a clock that is so many milliseconds fast. */
export function clockOff(milliseconds: number): Preload {
  return { script: 'clock.js', variables: { CLOCK_OFF: String(milliseconds) } };
}

/** The process writes at its end how many bytes of memory it had at most. */
export function peakMemory(file: string): Preload {
  return { script: 'peak-memory.js', variables: { PEAK_MEMORY_FILE: file } };
}

/** The environment of a process that does so. */
export function environmentOf({ script, variables }: Preload): Record<string, string> {
  return { NODE_OPTIONS: `--import ${addressOf(`__tests__/e2e/fixtures/${script}`)}`, ...variables };
}

/**
 * Makes a copy of the action and the command line whose helper for folders does so, as no variable reaches that. One
 * that dies takes its parent along.
 *
 * @returns the folder
 */
export function copyWithHelper(folder: string, { script, variables }: Preload): string {
  mkdirSync(folder, { recursive: true });
  for (const each of ['action.yml', 'package.json', 'dist'])
    cpSync(each, join(folder, each), { recursive: true });
  const lines = [
    `Object.assign(process.env, ${JSON.stringify({ ...variables, DIE_WITH_PARENT: '1' })});`,
    ...[`__tests__/e2e/fixtures/${script}`, 'dist/folder-cache.js'].map(
      (file) => `await import(${JSON.stringify(addressOf(file))});`,
    ),
  ];
  writeFileSync(join(folder, 'dist/folder-cache.js'), lines.join('\n'));
  return folder;
}
