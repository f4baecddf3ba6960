import { describe, expect, test } from '@jest/globals';
import { newPackages, PACKAGE_MANAGERS, packageNames } from '../../../src/tools/packages/package-manager.js';

describe('package managers', () => {
  test.each([
    ['apt-get', 'apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=60 bubblewrap fuse3'],
    ['dnf', 'dnf install --assumeyes --setopt=install_weak_deps=False bubblewrap fuse3'],
    ['apk', 'apk add --no-cache bubblewrap fuse3'],
    ['pacman', 'pacman --sync --noconfirm --needed bubblewrap fuse3'],
    ['zypper', 'zypper --non-interactive install --no-recommends bubblewrap fuse3'],
  ])('%s asks nothing and takes no recommendations', (program, command) => {
    const manager = PACKAGE_MANAGERS.find((one) => one.program === program);
    expect(manager?.install(['bubblewrap', 'fuse3']).join(' ')).toBe(command);
  });

  test.each([
    ['installed bubblewrap\nconfig-files fuse3\ninstalled libc6\n', ['bubblewrap', 'libc6']],
    ['bash\ncoreutils\n', ['bash', 'coreutils']],
    ['', []],
  ])('the names in %j', (list, names) => {
    expect([...packageNames(list)]).toEqual(names);
  });

  test('what an install brought', () => {
    expect(newPackages(new Set(['libc6', 'old']), new Set(['libc6', 'libfuse3-3', 'fuse3']))).toEqual([
      'fuse3',
      'libfuse3-3',
    ]);
  });
});
