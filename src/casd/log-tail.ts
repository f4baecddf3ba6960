import { readFileSync } from 'node:fs';
import type { CacheFolder } from '../local/folder.js';

const LOG_TAIL_LINES = 20;

/** The last lines of casd's log; empty where there are none. */
export function casdLogTail(folder: CacheFolder): string {
  try {
    return readFileSync(folder.log, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
  } catch {
    return '';
  }
}
