import { contentDigest, costOf } from './file-content.js';
import { takeTurn } from './take-turn.js';
import type { Walk } from './tree-walk.js';

/** So many files are read before other work gets its turn. */
const TURN = 40;

/** Whether the contents of all files were read, of those that decide and of the others. */
export interface ReadContents {
  readonly first: boolean;
  readonly others: boolean;
}

/** Adds contents to the lines: of what decides, then of the rest, as far as the limits reach. */
export async function readContents({ tree, lines, unread, limits, signal }: Walk): Promise<ReadContents> {
  const readAll = { first: true, others: true };
  let count = 0;
  for (const kind of ['first', 'others'] as const) {
    const limit = limits[kind];
    let files = 0;
    let bytes = 0;
    for (const { line, path, status, first: isFirst } of unread) {
      if (isFirst !== (kind === 'first')) continue;
      if (count++ % TURN === 0) await takeTurn(signal);
      bytes += costOf(status.size);
      if (++files > limit.files || bytes > limit.bytes) {
        readAll[kind] = false;
        break;
      }
      lines[line] = `${lines[line] ?? ''} ${contentDigest(tree, path, status.size)}`;
    }
  }
  return readAll;
}
