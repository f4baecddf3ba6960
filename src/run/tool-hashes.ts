import { join } from 'node:path';
import { DigestCache } from '../digests/digest-cache.js';
import type { HashOf } from '../tools/buildbox/install.js';
import { sha256OfFile } from '../tools/buildbox/wrong-hash.js';

/** Hashes our tools, each once for as long as its file stays the same: it takes a tenth of a second. */
export interface ToolHashes {
  readonly hashOf: HashOf;
  save(): Promise<void>;
}

/** @param toolFolder where tools are kept, in no checkout; absolute */
export function toolHashes(toolFolder: string, signal: AbortSignal): ToolHashes {
  let opened: Promise<DigestCache> | undefined;
  const memory = () => (opened ??= DigestCache.open(join(toolFolder, 'memory', 'hashes.json')));
  return {
    hashOf: async (file, status) => {
      const known = (await memory()).recall(file, status);
      if (known !== undefined) return known;
      const hash = await sha256OfFile(file, signal);
      (await memory()).remember(file, status, hash);
      return hash;
    },
    save: async () => {
      // A tool cache may be for reading only: then they are hashed again.
      if (opened !== undefined) await (await memory()).save().catch(() => undefined);
    },
  };
}
