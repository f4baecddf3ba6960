import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Machine } from '../machine.js';
import { findProgram } from '../process/own-programs.js';

/** util-linux's setpriv, which can tie a child's life to ours; BusyBox's cannot. */
export async function findSetpriv(machine: Machine): Promise<string | undefined> {
  const setpriv = findProgram('setpriv', machine);
  if (setpriv === undefined || basename(await realpath(setpriv)) === 'busybox') return undefined;
  return setpriv;
}
