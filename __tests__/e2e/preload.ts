import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The environment of a process that imports a script of `fixtures/` before its program. */
export function preload(script: string, variables: Readonly<Record<string, string>>): Record<string, string> {
  const address = pathToFileURL(resolve('__tests__/e2e/fixtures', script)).href;
  return { NODE_OPTIONS: `--import ${address}`, ...variables };
}

/** The process ends by SIGKILL just before a call of the file system: see `fixtures/die-at.js`. */
export function dieAt(call: string): Record<string, string> {
  return preload('die-at.js', { DIE_AT: call });
}

/** The process has a clock that is so many milliseconds fast. */
export function clockOff(milliseconds: number): Record<string, string> {
  return preload('clock.js', { CLOCK_OFF: String(milliseconds) });
}
