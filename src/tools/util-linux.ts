import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Machine } from '../machine.js';
import { findProgram } from '../process/own-programs.js';

/** A program of util-linux's own kind: BusyBox's of the same name can less. */
export async function findUtilLinux(
  name: 'prlimit' | 'setpriv',
  machine: Machine,
): Promise<string | undefined> {
  const program = findProgram(name, machine);
  if (program === undefined || basename(await realpath(program)) === 'busybox') return undefined;
  return program;
}
