import { describe, expect, test } from '@jest/globals';
import { diagnose, type SandboxFacts } from '../../../src/tools/sandbox/diagnose.js';

const FACTS: SandboxFacts = {
  stderr: '',
  program: '/usr/bin/bwrap',
  setuid: false,
  uid: 1001,
  limits: { user: 63000, net: 63000, pid: 63000 },
  unprivilegedClone: undefined,
  apparmorRestricts: undefined,
  container: undefined,
  bounded: false,
  filtered: false,
};

/** As bubblewrap 0.8 and 0.13 say it. */
const NO_SPACE =
  'bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)\n';
const REFUSED =
  'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.\n';
const REFUSED_NEWER =
  'bwrap: No permissions to create a new namespace, likely because the kernel does not allow non-privileged user namespaces.\n';
const UID_MAP_DENIED = 'bwrap: setting up uid map: Permission denied\n';
const UID_MAP_REFUSED = 'bwrap: setting up uid map: Operation not permitted\n';
const LOOPBACK = 'bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted\n';
const MASKED_PROC = "bwrap: Can't mount proc on /newroot/proc: Operation not permitted\n";

describe('each cause has its message and its remedy', () => {
  test.each<[string, Partial<SandboxFacts>, RegExp, RegExp]>([
    [
      'user namespaces limited to 0',
      { stderr: NO_SPACE, limits: { user: 0 } },
      /user\.max_user_namespaces is 0/,
      /sysctl -w user\.max_user_namespaces=\d+.*sysctl\.d/,
    ],
    [
      'network namespaces limited to 0',
      { stderr: NO_SPACE, limits: { user: 9, net: 0 } },
      /user\.max_net_namespaces is 0/,
      /sysctl -w user\.max_net_namespaces=/,
    ],
    [
      'the limit is used up',
      { stderr: NO_SPACE },
      /used up.*user\.max_user_namespaces is 63000/,
      /left behind/,
    ],
    [
      'root only, by Debian’s switch',
      { stderr: REFUSED, unprivilegedClone: '0' },
      /kernel\.unprivileged_userns_clone is 0/,
      /unprivileged_userns_clone=1/,
    ],
    [
      'AppArmor, at the uid map',
      { stderr: UID_MAP_DENIED, apparmorRestricts: '1' },
      /AppArmor.*apparmor_restrict_unprivileged_userns is 1/,
      /profile bwrap-ci \/usr\/bin\/bwrap .*userns,.*apparmor_parser -r.*bwrap-userns-restrict.*apparmor_restrict_unprivileged_userns=0/s,
    ],
    [
      'AppArmor, at the loopback device',
      { stderr: LOOPBACK, apparmorRestricts: '1' },
      /AppArmor/,
      /apparmor_parser/,
    ],
    [
      'AppArmor, in a container',
      { stderr: LOOPBACK, apparmorRestricts: '1', container: 'this Docker container' },
      /AppArmor/,
      /on the machine that runs the container/,
    ],
    [
      'a container that masks /proc',
      { stderr: MASKED_PROC, container: 'this Docker container' },
      /proc may not be mounted in this Docker container/,
      /--privileged.*SYS_ADMIN(?!.*systempaths).*as its root/,
    ],
    [
      'a container with seccomp',
      { stderr: REFUSED, container: 'this Docker container', filtered: true, uid: 0 },
      /this Docker container does not allow.*seccomp/,
      /--privileged.*SYS_ADMIN.*seccomp=unconfined/,
    ],
    [
      'a container on a machine with AppArmor, where seccomp refuses',
      { stderr: REFUSED_NEWER, container: 'this container', filtered: true, apparmorRestricts: '1' },
      /this container does not allow/,
      /--privileged/,
    ],
    [
      'a container that took capabilities',
      { stderr: UID_MAP_REFUSED, container: 'this Podman container', uid: 0 },
      /this Podman container does not allow/,
      /--cap-add SYS_ADMIN/,
    ],
    [
      'seccomp outside of a container',
      { stderr: REFUSED_NEWER, filtered: true },
      /seccomp filter/,
      /RestrictNamespaces/,
    ],
    [
      'root without capabilities',
      { stderr: UID_MAP_REFUSED, uid: 0 },
      /root lacks the capabilities/,
      /ordinary user/,
    ],
    [
      'a kernel without user namespaces',
      {
        stderr:
          'bwrap: Creating new namespace failed, likely because the kernel does not support user namespaces.  bwrap must be installed setuid on such systems.\n',
      },
      /no user namespaces/,
      /CONFIG_USER_NS.*chmod u\+s/,
    ],
    [
      'the same, setuid already',
      { stderr: 'bwrap: Creating new namespace failed: Invalid argument\n', setuid: true },
      /no user namespaces/,
      /CONFIG_USER_NS\.$/,
    ],
    [
      'capabilities without setuid',
      { stderr: 'bwrap: Unexpected capabilities but not setuid, old file caps config?\n' },
      /capabilities and is not setuid/,
      /setcap -r \/usr\/bin\/bwrap/,
    ],
    [
      'setuid to somebody else',
      { stderr: 'bwrap: Unexpected setuid user 1001, should be 0\n', setuid: true },
      /does not belong to root/,
      /chown root/,
    ],
    ['loopback without AppArmor', { stderr: LOOPBACK }, /loopback device is refused/, /journalctl/],
    ['refused without a known reason', { stderr: REFUSED }, /the kernel refuses namespaces/, /chroot/],
    [
      'no /proc',
      { stderr: "bwrap: Can't read /proc/sys/kernel/overflowuid: No such file or directory\n" },
      /\/proc is not mounted/,
      /mount -t proc/,
    ],
    [
      'unknown',
      { stderr: 'bwrap: Something new\n' },
      /not known: bwrap: Something new$/,
      /by hand: \/usr\/bin\/bwrap/,
    ],
    ['unknown and silent', {}, /bwrap said nothing/, /by hand/],
  ])('%s', (_, facts, message, remedy) => {
    const diagnosis = diagnose({ ...FACTS, ...facts });
    expect(diagnosis.message).toMatch(message);
    expect(diagnosis.remedy).toMatch(remedy);
  });

  test('the switch of Debian does not explain what happens to root', () => {
    expect(diagnose({ ...FACTS, stderr: REFUSED, unprivilegedClone: '0', uid: 0 }).message).not.toMatch(
      /userns_clone/,
    );
  });
});
