import { accessSync, constants, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { MOST_BLOCKS, OBJECT } from './protocol.js';

/**
 * Makes the folder that is the helper's whole PATH. There is no zstd in it: the library takes zstd where it finds it,
 * says so in the version of the entry, and a machine without zstd then never finds what one with it has saved.
 *
 * `tar` stands for the machine's own. The library calls it as `tar --posix -cf cache.tgz … -z` in the archive's
 * folder, and as `tar -xf ARCHIVE -P -C … -z`. Ours
 * - writes without gzip: an object is compressed already, and gzip takes longer than many an upload;
 * - reads without `-z`: tar then sees by itself whether there is gzip in it, so an archive with it is read as well;
 * - gives nothing but the content of the one file, whatever else an archive says: no link, no device, no path that
 *   leads out (`-P` would follow one);
 * - is stopped by the system where that content is longer than it may be: a small archive can hold more than a disk.
 *
 * @param path the folders of the job's PATH
 */
export function makePrograms(folder: string, path: readonly string[]): void {
  mkdirSync(folder, { mode: 0o700 });
  const tar = find('tar', path);
  if (tar === undefined) return; // The library then says that there is none.
  const gzip = find('gzip', path);
  if (gzip !== undefined) symlinkSync(gzip, join(folder, 'gzip'));
  const script = [
    '#!/bin/sh',
    `tar=${quote(tar)}`,
    'case $1 in',
    `-xf) read -r most <"$GITHUB_WORKSPACE/${MOST_BLOCKS}" && ulimit -f "$most"`,
    `     exec "$tar" -xOf "$2" ${OBJECT} >"$GITHUB_WORKSPACE/${OBJECT}" ;;`,
    `*) exec "$tar" -chf cache.tgz -C "$GITHUB_WORKSPACE" ${OBJECT} ;;`,
    'esac',
    '',
  ].join('\n');
  writeFileSync(join(folder, 'tar'), script, { mode: 0o700 });
}

function find(name: string, path: readonly string[]): string | undefined {
  return path
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
