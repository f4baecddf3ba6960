import { join } from 'node:path';
import { groupLine, type SandboxUser, userLine } from '../rootfs/accounts.js';
import { quote } from './quote.js';

/** For whom the shim adds accounts to those of a root file system, and in which folder it writes them. */
export interface ShimAccounts {
  readonly user: SandboxUser;
  readonly folder: string;
}

/**
 * A root file system of its own has its own accounts, and none that it knows of needs to be the build's. One that it
 * lacks is added to what it has, and bubblewrap told so by what the variable `accounts` holds, for `eval` to read. The
 * files are read where they were staged: a link among them could lead anywhere, and is left alone.
 */
export function accountLines(accounts: ShimAccounts | undefined): readonly string[] {
  if (accounts === undefined) return [];
  const { user, folder } = accounts;
  const add = (name: 'passwd' | 'group', number: number, line: string) => {
    const made = join(folder, name);
    const options = `--ro-bind ${quote(made)} /etc/${name}`;
    return `! add ${name} ${number} ${quote(line)} >${quote(made)} || accounts="$accounts "${quote(options)}`;
  };
  return [
    'add() {',
    '  own="$root/etc/$1"',
    '  [ -f "$own" ] && [ ! -L "$own" ] && [ ! -L "$root/etc" ] || return',
    '  ! cut -d : -f 3 "$own" | grep -qx "$2" || return',
    '  cat "$own" && { [ -z "$(tail -c 1 "$own")" ] || echo; } && echo "$3"',
    '}',
    'accounts=',
    add('passwd', user.uid, userLine(user)),
    add('group', user.gid, groupLine(user)),
  ];
}
