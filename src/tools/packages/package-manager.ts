/** How a distribution's package manager is told to install, without a question and without recommendations. */
export interface PackageManager {
  readonly program: string;
  readonly install: (packages: readonly string[]) => readonly string[];
  /** Fetches the list of packages, for an install that failed because there is none or it is old. */
  readonly refresh: readonly string[] | undefined;
  /** Prints the installed packages. */
  readonly list: readonly string[];
}

const LOCK_WAIT = ['-o', 'DPkg::Lock::Timeout=60'];
const RPM_LIST = ['rpm', '-qa', '--queryformat', '%{NAME}\\n'];

/** The first whose program is there is the distribution's own. */
export const PACKAGE_MANAGERS: readonly PackageManager[] = [
  {
    program: 'apt-get',
    install: (packages) => [
      'apt-get',
      'install',
      '--yes',
      '--no-install-recommends',
      ...LOCK_WAIT,
      ...packages,
    ],
    refresh: ['apt-get', 'update', ...LOCK_WAIT],
    list: ['dpkg-query', '--show', '--showformat', '${db:Status-Status} ${Package}\\n'],
  },
  {
    program: 'dnf',
    install: (packages) => ['dnf', 'install', '--assumeyes', '--setopt=install_weak_deps=False', ...packages],
    refresh: ['dnf', 'makecache', '--refresh'],
    list: RPM_LIST,
  },
  {
    program: 'apk',
    install: (packages) => ['apk', 'add', '--no-cache', ...packages],
    refresh: undefined,
    list: ['apk', 'info'],
  },
  {
    program: 'pacman',
    install: (packages) => ['pacman', '--sync', '--noconfirm', '--needed', ...packages],
    refresh: ['pacman', '--sync', '--refresh'],
    list: ['pacman', '--query', '--quiet'],
  },
  {
    program: 'zypper',
    install: (packages) => ['zypper', '--non-interactive', 'install', '--no-recommends', ...packages],
    refresh: ['zypper', '--non-interactive', 'refresh'],
    list: RPM_LIST,
  },
];

/** The names in what a manager's `list` prints. dpkg says a state before each name: only `installed` counts. */
export function packageNames(list: string): ReadonlySet<string> {
  const lines = list.split('\n').map((line) => line.trim().split(' '));
  const names = lines.flatMap(([first = '', second]) => {
    if (second === undefined) return [first];
    return first === 'installed' ? [second] : [];
  });
  return new Set(names.filter((name) => name !== ''));
}

/** What is there after an install and was not before, sorted. */
export function newPackages(before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] {
  return [...after].filter((name) => !before.has(name)).sort();
}
