import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, type OwnSurroundings } from '../../../process/own-programs.js';
import { MOST_BLOCKS, OBJECT } from './protocol.js';
import { PASSED } from './service.js';

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
 * - is stopped by the system where that content is longer than it may be: a small archive can hold more than a disk;
 * - has nothing of the helper's environment, which holds the job's token.
 */
export function makePrograms(folder: string, machine: OwnSurroundings): void {
  mkdirSync(folder, { mode: 0o700 });
  const tar = findProgram('tar', machine);
  if (tar === undefined) return; // The library then says that there is none.
  const gzip = findProgram('gzip', machine);
  if (gzip !== undefined) symlinkSync(gzip, join(folder, 'gzip'));
  const script = [
    '#!/bin/sh',
    `unset ${PASSED.join(' ')}`,
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

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
