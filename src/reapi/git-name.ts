/** Code points that HFS+ ignores in names, as git's own list of them (utf8.c, `next_hfs_char`) has it. */
const IGNORED_BY_HFS = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/** All that a name of git's can begin with. */
const POSSIBLE = /^[.g]|[^\0-\x7f]|\\/i;

/**
 * Whether some file system takes this name for `.git`, where hooks and settings lie that git runs: in any letter case,
 * with what NTFS cuts off (`.git.`, `.git::$INDEX_ALLOCATION`), by its short name there (`git~1`), or with characters
 * that HFS+ ignores. A workspace may lie on any of these, also under Linux.
 *
 * @param name one segment of a path
 */
export function isGitName(name: string): boolean {
  if (!POSSIBLE.test(name)) return false;
  const plain = name.replace(IGNORED_BY_HFS, '').toLowerCase();
  return plain
    .split('\\')
    .some((part) => /^(?:\.git|git~1)$/.test(part.replace(/:.*$/s, '').replace(/[ .]+$/, '')));
}

export function hasGitName(path: string): boolean {
  return path.split('/').some(isGitName);
}
