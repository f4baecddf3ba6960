/** An installed package as its manager's database names it. */
export interface Package {
  readonly name: string;
  readonly architecture: string;
  readonly version: string;
  /** Differs where the same version was built again, as far as the manager knows it. */
  readonly contents?: string;
}

/** States of dpkg in which the files of a package are not there (dpkg-query(1), "Package state"). */
const ABSENT = new Set(['not-installed', 'config-files', 'half-installed']);

/**
 * Reads dpkg's status file. A package that waits for a trigger counts as installed, so that another package's
 * installation going on meanwhile changes nothing.
 */
export function parseDpkg(status: string): Package[] {
  return status.split('\n\n').flatMap((paragraph) => {
    const state = field(paragraph, 'Status')?.split(' ').at(-1);
    if (state === undefined || ABSENT.has(state)) return [];
    return packageOf(
      field(paragraph, 'Package'),
      field(paragraph, 'Architecture'),
      field(paragraph, 'Version'),
    );
  });
}

/** Reads apk's database of installed packages: one-letter fields, a blank line after each package. */
export function parseApk(installed: string): Package[] {
  return installed
    .split('\n\n')
    .flatMap((paragraph) =>
      packageOf(field(paragraph, 'P'), field(paragraph, 'A'), field(paragraph, 'V'), field(paragraph, 'C')),
    );
}

/** Reads the folder names of pacman's local database, each `name-version-release`. */
export function parsePacman(folders: readonly string[]): Package[] {
  return folders.flatMap((folder) => {
    const match = /^(.+)-([^-]+-[^-]+)$/.exec(folder);
    return packageOf(match?.[1], 'any', match?.[2]);
  });
}

/** Reads lines of `name architecture version contents`. The keys that rpm keeps as packages are no software. */
export function parseRpm(list: string): Package[] {
  return list.split('\n').flatMap((line) => {
    const [name, architecture, version, contents] = line.split(' ');
    return name === 'gpg-pubkey' ? [] : packageOf(name, architecture, version, contents);
  });
}

function packageOf(
  name: string | undefined,
  architecture: string | undefined,
  version: string | undefined,
  contents?: string,
): Package[] {
  if (name === undefined || name === '' || version === undefined) return [];
  return [
    { name, architecture: architecture ?? '', version, ...(contents === undefined ? {} : { contents }) },
  ];
}

function field(paragraph: string, name: string): string | undefined {
  const start = paragraph.startsWith(`${name}:`) ? 0 : paragraph.indexOf(`\n${name}:`) + 1;
  if (start === 0 && !paragraph.startsWith(`${name}:`)) return undefined;
  const end = paragraph.indexOf('\n', start);
  return paragraph.slice(start + name.length + 1, end === -1 ? undefined : end).trim();
}
