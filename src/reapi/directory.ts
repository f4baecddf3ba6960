import { Directory } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { TreeNode } from './merkle.js';

/**
 * Decodes a Directory and trusts none of it.
 *
 * @returns undefined when it is malformed: a name that is no single segment or stands twice, a child without a digest
 */
export function decodeDirectory(bytes: Uint8Array): Directory | undefined {
  try {
    const directory = Directory.decode(bytes);
    return isSound(directory) ? directory : undefined;
  } catch {
    return undefined;
  }
}

export function isSound(directory: Directory): boolean {
  const { files, symlinks, directories } = directory;
  const names = [...files, ...symlinks, ...directories].map(({ name }) => name);
  return (
    [...files, ...directories].every(({ digest }) => digest !== undefined) &&
    names.every(isSingleSegment) &&
    new Set(names).size === names.length
  );
}

function isSingleSegment(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name);
}

/** What is in a Directory that is sound; what is below it stays closed. */
export function childNodes(directory: Directory, path: string): readonly TreeNode[] {
  const at = (name: string) => (path === '' ? name : `${path}/${name}`);
  return [
    ...directory.files.flatMap(({ name, digest, isExecutable, nodeProperties }) =>
      digest === undefined
        ? []
        : [
            {
              kind: 'file' as const,
              path: at(name),
              digest,
              executable: isExecutable,
              properties: nodeProperties,
            },
          ],
    ),
    ...directory.symlinks.map(({ name, target, nodeProperties }) => ({
      kind: 'symlink' as const,
      path: at(name),
      target,
      properties: nodeProperties,
    })),
    ...directory.directories.flatMap(({ name, digest }) =>
      digest === undefined ? [] : [{ kind: 'subtree' as const, path: at(name), digest }],
    ),
  ];
}
