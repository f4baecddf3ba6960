import { closeSync, openSync, readSync } from 'node:fs';

/** Reads the beginning of a file into a buffer, as much as fits. Returns how many bytes that are. */
export function readInto(path: string, target: Buffer): number {
  const file = openSync(path, 'r');
  try {
    let filled = 0;
    while (filled < target.length) {
      const bytes = readSync(file, target, filled, target.length - filled, null);
      if (bytes === 0) break;
      filled += bytes;
    }
    return filled;
  } finally {
    closeSync(file);
  }
}
