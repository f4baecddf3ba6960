import { join } from 'node:path';
import { statusOf, type HostTree } from './host-tree.js';
import type { Hidden } from './toolchain/tree-walk.js';

/** What pyenv runs in pip's place, to write its shims after an installation (pyenv.d/exec/pip-rehash.bash). */
const IN_PLACE_OF_PIP = 'pyenv.d/exec/pip-rehash';

/**
 * Programs of version managers that write to the manager's own folder, which is read-only inside: there an installation
 * that went well ends with exit code 1. Where they are missing, the manager runs the real program.
 */
export function rehashHooks(tree: HostTree, roots: readonly string[]): Hidden[] {
  return roots
    .map((root) => join(root, IN_PLACE_OF_PIP))
    .filter((path) => statusOf(tree, path)?.isDirectory() === true)
    .map((path) => ({ path, kind: 'directory' }));
}
