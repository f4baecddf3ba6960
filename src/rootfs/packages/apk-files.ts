import { join } from 'node:path';
import type { Checksum, PackageFiles } from './owned-files.js';

/**
 * The files in apk's database: `P:` a package, `t:` the second it was built in, `F:` a folder, `R:` a file in it and
 * `Z:` its SHA-1, in base64 after `Q1`.
 */
export function parseApkFiles(installed: string): PackageFiles[] {
  return installed.split('\n\n').flatMap((paragraph) => {
    let name = '';
    let built = Infinity;
    let folder = '/';
    let file = '';
    const paths: string[] = [];
    const sums = new Map<string, Checksum>();
    for (const line of paragraph.split('\n')) {
      const value = line.slice(2);
      if (line.startsWith('P:')) name = value;
      else if (line.startsWith('t:')) built = Number(value) * 1000;
      else if (line.startsWith('F:')) paths.push((folder = join('/', value)));
      else if (line.startsWith('R:')) paths.push((file = join(folder, value)));
      else if (line.startsWith('Z:Q1')) sums.set(file, sha1(value.slice(2)));
    }
    const installed = { mtimeMs: built, ctimeMs: Infinity };
    return name === '' ? [] : [{ name, installed, paths, checksums: () => sums }];
  });
}

function sha1(base64: string): Checksum {
  return { algorithm: 'sha1', hex: Buffer.from(base64, 'base64').toString('hex') };
}
