import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../src/local/folder.js';
import { objectPath, resultPath } from '../../src/local/layout.js';
import {
  ActionResult,
  type DeepPartial,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../src/reapi/digest.js';

/** A cache folder with what a casd would have written. */
export class StoredFolder implements Disposable {
  readonly folder = cacheFolder(mkdtempSync(join(tmpdir(), 'stored-folder-')));

  constructor() {
    mkdirSync(this.folder.run);
  }

  blob(content: string | Uint8Array, usedAt = Date.now()): Digest {
    const bytes = Buffer.from(content);
    this.put(objectPath(digestOf(bytes)), bytes, usedAt);
    return digestOf(bytes);
  }

  result(action: Digest, result: DeepPartial<ActionResult>, usedAt = Date.now()): void {
    this.put(resultPath(action), ActionResult.encode(ActionResult.fromPartial(result)).finish(), usedAt);
  }

  /** @param path below casd's storage @param usedAt milliseconds since 1970 */
  put(path: string, bytes: Uint8Array, usedAt = Date.now()): void {
    const file = join(this.folder.storage, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    utimesSync(file, usedAt / 1000, usedAt / 1000);
  }

  remove(digest: Digest): void {
    rmSync(join(this.folder.storage, objectPath(digest)));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder.root, { recursive: true });
  }
}
