import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { openPromise } from 'yauzl';

/**
 * Takes single files out of a zip archive, and nothing else of it.
 *
 * @param wanted the name in the archive → the absolute path to write. New files get mode 0755.
 * @returns the names that the archive does not have.
 */
export async function unzipFiles(
  archive: string,
  wanted: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const missing = new Set(wanted.keys());
  const zip = await openPromise(archive, { lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry()) {
      const target = wanted.get(entry.fileName);
      if (target === undefined) continue;
      const content = await zip.openReadStreamPromise(entry);
      await pipeline(content, createWriteStream(target, { flags: 'wx', mode: 0o755 }), { signal });
      missing.delete(entry.fileName);
    }
  } finally {
    zip.close();
  }
  return [...missing];
}
