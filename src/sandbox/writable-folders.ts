import { HOME, WORKSPACE } from '../rootfs/layout.js';
import { quote } from './quote.js';

/**
 * bubblewrap's options for the folders that a build may write to beside `/tmp`, as words of the shim, whose `$root` is
 * the staged tree. The home folder is always one of this machine's own, which is faster than a mount. A mounted tree is
 * read-only but for the workspace; a copy is writable all over, and gets the same.
 */
export function writableFolders(staging: 'fuse' | 'copy', home: string): readonly string[] {
  return [
    `--bind ${quote(home)} /${HOME}`,
    ...(staging === 'copy' ? [`--bind "$root/${WORKSPACE}" /${WORKSPACE}`, '--remount-ro /'] : []),
  ];
}
