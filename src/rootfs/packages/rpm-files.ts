import type { Checksum, PackageFiles } from './owned-files.js';

/** What `rpm --queryformat` has to print for `parseRpmFiles`: a line for each package, and one for each file of it. */
export const RPM_FILES = 'P %{NAME} %{INSTALLTIME}\\n[F %{FILEDIGESTS} %{FILENAMES}\\n]';

/** Digests by their length: rpm has used both. */
const ALGORITHMS: Readonly<Record<number, Checksum['algorithm'] | undefined>> = {
  32: 'md5',
  40: 'sha1',
  64: 'sha256',
};

export function parseRpmFiles(list: string): PackageFiles[] {
  const packages: (PackageFiles & { paths: string[]; sums: Map<string, Checksum> })[] = [];
  for (const line of list.split('\n')) {
    const [kind, second = '', ...rest] = line.split(' ');
    if (kind === 'P') {
      const sums = new Map<string, Checksum>();
      const installed = { mtimeMs: Number(rest[0]) * 1000, ctimeMs: Infinity };
      packages.push({ name: second, installed, paths: [], sums, checksums: () => sums });
    } else if (kind === 'F') {
      const path = rest.join(' ');
      const algorithm = ALGORITHMS[second.length];
      packages.at(-1)?.paths.push(path);
      if (algorithm !== undefined) packages.at(-1)?.sums.set(path, { algorithm, hex: second });
    }
  }
  return packages;
}
