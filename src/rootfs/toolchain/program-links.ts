import { dirname, resolve } from 'node:path';
import { contentDigest } from './file-content.js';
import { resolvePath, targetOf } from '../host-tree.js';
import { isWithin } from '../../files/within.js';
import { brief, RANKS, type Walk } from './tree-walk.js';

/** As many links as Linux follows before it gives up (path_resolution(7)). */
const MAX_LINKS = 40;

/** What a link in a program folder leads to: every link on the way, and the content of a file outside of the tree. */
export function programBehind(walk: Walk, link: string): string {
  const { tree, watch, root, outside } = walk;
  const texts: string[] = [];
  let path = link;
  for (let i = 0; i < MAX_LINKS; i++) {
    const status = watch.status(path, RANKS.program);
    if (status?.isSymbolicLink() !== true) {
      const file = resolvePath(tree, path)?.path;
      if (file === undefined || status?.isFile() !== true || isWithin(file, root)) break;
      outside.push({ link, file });
      texts.push(`${brief(status)} ${contentDigest(tree, path, status.size)}`);
      break;
    }
    const target = targetOf(tree, path) ?? '';
    if (i > 0) texts.push(`-> ${target}`);
    path = resolve(dirname(path), target);
  }
  return texts.map((text) => ` ${text}`).join('');
}
