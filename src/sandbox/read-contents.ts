import { contentDigest, costOf } from './file-content.js';
import { takeTurn } from './take-turn.js';
import type { Walk } from './tree-walk.js';

/** So many files are read before other work gets its turn. */
const TURN = 40;

/** Adds contents to the lines: of what decides, then of the rest, as far as the limits reach. Returns whether they did. */
export async function readContents({ tree, lines, unread, limits, signal }: Walk): Promise<boolean> {
  let readAll = true;
  let count = 0;
  for (const first of [true, false]) {
    const limit = first ? limits.first : limits.others;
    let files = 0;
    let bytes = 0;
    for (const { line, path, status, first: isFirst } of unread) {
      if (isFirst !== first) continue;
      if (count++ % TURN === 0) await takeTurn(signal);
      bytes += costOf(status.size);
      if (++files > limit.files || bytes > limit.bytes) {
        readAll = readAll && !first;
        break;
      }
      lines[line] = `${lines[line] ?? ''} ${contentDigest(tree, path, status.size)}`;
    }
  }
  return readAll;
}
