import { digestOf, EMPTY_DIGEST } from '../reapi/digest.js';
import type { TreeNode } from '../reapi/merkle.js';
import { HOME, WORKSPACE } from './layout.js';
import type { Rootfs } from './rootfs.js';

/** What of the root file system is in the input root itself: nodes, and the blobs they name. */
export interface RootNodes {
  readonly nodes: readonly TreeNode[];
  readonly blobs: readonly Uint8Array[];
}

/** The files of /etc that describe the sandbox and not the machine it runs on. */
const ETC: Readonly<Record<string, string>> = {
  'etc/passwd': [
    `root:x:0:0:root:/${HOME}:/bin/sh`,
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin',
    '',
  ].join('\n'),
  'etc/group': ['root:x:0:', 'nogroup:x:65534:', ''].join('\n'),
  'etc/hosts': ['127.0.0.1 localhost buildbox', '::1 localhost', ''].join('\n'),
  'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns', ''].join('\n'),
};

/**
 * Names every mount point, so that the root can be read-only: a sandbox cannot make one in a root it may not write.
 * Only the workspace and the home folder are writable; /tmp is a fresh file system of the sandbox's own.
 */
export function rootNodes(rootfs: Rootfs): RootNodes {
  const blobs = Object.values(ETC).map((text) => Buffer.from(text));
  const nodes: TreeNode[] = [
    { kind: 'directory', path: '', readOnly: true },
    { kind: 'directory', path: WORKSPACE, readOnly: false },
    { kind: 'directory', path: HOME, readOnly: false },
    ...['dev', 'proc', 'tmp'].map((path) => ({ kind: 'directory', path }) as const),
    ...Object.keys(ETC).map(
      (path, i) =>
        ({ kind: 'file', path, digest: digestOf(blobs[i] ?? Buffer.alloc(0)), executable: false }) as const,
    ),
    ...rootfs.links.map(({ path, target }) => ({ kind: 'symlink', path, target }) as const),
    ...rootfs.binds.map(({ target, kind }) =>
      kind === 'directory'
        ? ({ kind, path: target } as const)
        : ({ kind, path: target, digest: EMPTY_DIGEST, executable: false } as const),
    ),
  ];
  return { nodes, blobs: [...blobs, Buffer.alloc(0)] };
}
