import { digestOf, EMPTY_DIGEST } from '../reapi/digest.js';
import type { OverlayNode } from '../reapi/overlay.js';
import { accountFiles, type SandboxUser } from '../rootfs/accounts.js';
import { HOME, WORKSPACE } from '../rootfs/layout.js';
import type { Rootfs } from '../rootfs/rootfs.js';

/** What of the root file system is in the input root itself: nodes, and the blobs they name. */
export interface RootNodes {
  readonly nodes: readonly OverlayNode[];
  readonly blobs: readonly Uint8Array[];
}

/** The files of /etc that describe the sandbox and not the machine it runs on. */
function etcFiles(user: SandboxUser): Readonly<Record<string, string>> {
  const { passwd, group } = accountFiles(user);
  return {
    'etc/passwd': passwd,
    'etc/group': group,
    'etc/hosts': ['127.0.0.1 localhost buildbox', '::1 localhost', ''].join('\n'),
    'etc/nsswitch.conf': ['passwd: files', 'group: files', 'hosts: files dns', ''].join('\n'),
  };
}

/** Of a root file system out of CAS these do not stay: they tell how the sandbox reaches itself and others. */
const OURS: ReadonlySet<string> = new Set(['etc/hosts', 'etc/resolv.conf']);

/**
 * Names every mount point, so that the root can be read-only: a sandbox cannot make one in a root it may not write.
 * Only the workspace and the home folder are writable; /tmp is a fresh file system of the sandbox's own.
 */
export function rootNodes(rootfs: Rootfs, user: SandboxUser): RootNodes {
  const files = etcFiles(user);
  const blobs = Object.values(files).map((text) => Buffer.from(text));
  const folder = (path: string, readOnly?: boolean) =>
    ({ kind: 'directory', path, over: 'replace', ...(readOnly === undefined ? {} : { readOnly }) }) as const;
  const nodes: OverlayNode[] = [
    folder('', true),
    folder(WORKSPACE, false),
    folder(HOME, false),
    ...['dev', 'proc', 'tmp'].map((path) => folder(path)),
    ...Object.keys(files).map((path, i): OverlayNode => {
      const digest = digestOf(blobs[i] ?? Buffer.alloc(0));
      return { kind: 'file', path, digest, executable: false, over: OURS.has(path) ? 'replace' : 'fill' };
    }),
    ...rootfs.links.map(
      ({ path, target }) => ({ kind: 'symlink', path: inRoot(path), target, over: 'fill' }) as const,
    ),
    ...rootfs.binds.map(({ target, kind }): OverlayNode => {
      const path = inRoot(target);
      const over = OURS.has(path) ? 'replace' : 'mount';
      return kind === 'directory'
        ? { kind, path, over }
        : { kind, path, over, digest: EMPTY_DIGEST, executable: false };
    }),
  ];
  return { nodes, blobs: [...blobs, Buffer.alloc(0)] };
}

function inRoot(path: string): string {
  return path.replace(/^\//, '');
}
