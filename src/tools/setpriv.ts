import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Machine } from '../machine.js';
import { findOnPath } from './find-on-path.js';

/** util-linux's setpriv, which can tie a child's life to ours; BusyBox's cannot. */
export async function findSetpriv({ path }: Machine): Promise<string | undefined> {
  const setpriv = await findOnPath('setpriv', path);
  if (setpriv === undefined || basename(await realpath(setpriv)) === 'busybox') return undefined;
  return setpriv;
}
