import { posix } from 'node:path';

/** What Linux follows of symlinks in one path before it says ELOOP (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Whether following a symlink leads out of the folder that all paths are relative to. Other symlinks on its way are
 * followed as the kernel does it: of `a -> b/..` nobody knows where it leads who does not know where `b` leads.
 *
 * @param path of the symlink, without `.` and `..`
 * @param links targets by path
 */
export function leadsOut(path: string, links: ReadonlyMap<string, string>): boolean {
  const at = path.split('/').slice(0, -1);
  const ahead = segmentsOf(links.get(path) ?? '');
  if (posix.isAbsolute(links.get(path) ?? '')) return true;
  for (let followed = 0; ahead.length > 0;) {
    const segment = ahead.pop() ?? '';
    if (segment !== '..') at.push(segment);
    else if (at.pop() === undefined) return true;
    const target = ahead.length > 0 && segment !== '..' ? links.get(at.join('/')) : undefined;
    if (target === undefined) continue;
    if (posix.isAbsolute(target)) return true;
    if (++followed > MOST_LINKS) return false; // Nobody gets to its end.
    at.pop();
    ahead.push(...segmentsOf(target));
  }
  return false;
}

/** The last first. */
function segmentsOf(target: string): string[] {
  return target
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .reverse();
}
