import { posix } from 'node:path';
import { isGitName } from '../reapi/git-name.js';

/** What Linux follows of symlinks in one path before it says ELOOP (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Where following a symlink leads that nobody may be led: out of the folder that all paths are relative to, or into a
 * repository's own folder, which holds programs that git runs. Undefined where it leads to neither. Other symlinks on its way are
 * followed as the kernel does it: of `a -> b/..` nobody knows where it leads who does not know where `b` leads.
 *
 * @param path of the symlink, without `.` and `..`
 * @param links targets by path
 */
export function leadsAstray(path: string, links: ReadonlyMap<string, string>): 'out' | 'git' | undefined {
  const at = path.split('/').slice(0, -1);
  const ahead = segmentsOf(links.get(path) ?? '');
  if (posix.isAbsolute(links.get(path) ?? '')) return 'out';
  for (let followed = 0; ahead.length > 0;) {
    const segment = ahead.pop() ?? '';
    if (isGitName(segment)) return 'git';
    if (segment !== '..') at.push(segment);
    else if (at.pop() === undefined) return 'out';
    const target = ahead.length > 0 && segment !== '..' ? links.get(at.join('/')) : undefined;
    if (target === undefined) continue;
    if (posix.isAbsolute(target)) return 'out';
    if (++followed > MOST_LINKS) return undefined; // Nobody gets to its end.
    at.pop();
    ahead.push(...segmentsOf(target));
  }
  return undefined;
}

/** The last first. */
function segmentsOf(target: string): string[] {
  return target
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .reverse();
}
