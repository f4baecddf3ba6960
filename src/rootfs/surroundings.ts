import type { Machine } from '../machine.js';
import { resolvePath, type HostTree } from './host-tree.js';
import type { Surroundings } from './toolchain/tool-roots.js';

/** What of a machine is never shown as a whole: real paths, because they are compared with real paths. */
export function surroundingsOf(
  tree: HostTree,
  machine: Machine,
  excluded: readonly string[] = [],
): Surroundings {
  const real = (path: string): string => resolvePath(tree, path)?.path ?? path;
  return {
    workspace: real(machine.workspace),
    home: real(machine.home),
    temporary: real(machine.temporary),
    userCache: real(machine.userCache),
    toolCache: machine.toolCache === undefined ? undefined : real(machine.toolCache),
    excluded: excluded.map(real),
  };
}
