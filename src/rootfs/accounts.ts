import { HOME } from './layout.js';

/** Who a build is inside. Outside it is the user of the job, whatever this says. */
export interface SandboxUser {
  readonly uid: number;
  readonly gid: number;
}

/** Who no file belongs to, and how the kernel shows an owner that the sandbox has no number for. */
const NOBODY = 65534;

/** The name of the build's user, where the root file system has none for it. */
export function userName({ uid }: SandboxUser): string {
  if (uid === 0) return 'root';
  return uid === NOBODY ? 'nobody' : 'build';
}

/** As a line of `/etc/passwd`. */
export function userLine(user: SandboxUser): string {
  return `${userName(user)}:x:${user.uid}:${user.gid}:${userName(user)}:/${HOME}:/bin/sh`;
}

/** As a line of `/etc/group`. */
export function groupLine({ gid }: SandboxUser): string {
  return `${gid === 0 ? 'root' : gid === NOBODY ? 'nogroup' : 'build'}:x:${gid}:`;
}

/** The accounts of a root file system that has none of its own. */
export function accountFiles(user: SandboxUser): { readonly passwd: string; readonly group: string } {
  const root = { uid: 0, line: 'root:x:0:0:root:/root:/bin/sh' };
  const nobody = { uid: NOBODY, line: `nobody:x:${NOBODY}:${NOBODY}:nobody:/nonexistent:/usr/sbin/nologin` };
  const groups = [{ gid: 0 }, { gid: NOBODY }].map(({ gid }) => ({ gid, line: groupLine({ uid: 0, gid }) }));
  const users = [root, nobody].filter(({ uid }) => uid !== user.uid).map(({ line }) => line);
  const others = groups.filter(({ gid }) => gid !== user.gid).map(({ line }) => line);
  const text = (lines: readonly string[]) => [...lines, ''].join('\n');
  return { passwd: text([userLine(user), ...users]), group: text([groupLine(user), ...others]) };
}
