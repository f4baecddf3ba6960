import { readFileSync } from 'node:fs';
import { Action, type ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { closureOf } from '../cas/closure.js';
import { filesInTree } from '../cas/named-blobs.js';
import type { Digest } from '../reapi/digest.js';
import { digestsOf, walkTree } from '../reapi/walk-tree.js';
import type { StoredObject } from './walk-objects.js';

/** What a result, a tree or a directory needs, and whether all of it is there. */
interface Closure {
  readonly blobs: readonly Digest[];
  readonly complete: boolean;
}

/** Finds out which blobs of casd's folder results need. A tree that several results share is read once. */
export class StoredClosures {
  readonly #trees = new Map<string, readonly Digest[] | undefined>();

  constructor(private readonly stored: ReadonlyMap<string, StoredObject>) {}

  async ofResult(result: ActionResult): Promise<Closure> {
    const unreadable: Digest[] = [];
    const readable = (folder: Digest, digests: readonly Digest[] | undefined) => {
      if (digests === undefined) unreadable.push(folder);
      return digests ?? [];
    };
    const blobs = await closureOf(result, {
      inTrees: (trees) => Promise.resolve(trees.flatMap((tree) => readable(tree, this.#inTree(tree)))),
      belowRoots: (roots) => Promise.resolve(roots.flatMap((root) => readable(root, this.#belowRoot(root)))),
    });
    return { blobs, complete: unreadable.length === 0 && blobs.every((digest) => this.#has(digest)) };
  }

  /** The Action of this hash and its Command, as far as they are there. */
  recipeOf(action: string): readonly Digest[] {
    const object = this.stored.get(action);
    if (object === undefined) return [];
    const digest = { hash: action, sizeBytes: object.size };
    const { commandDigest: command } = Action.decode(this.#read(digest));
    return command !== undefined && this.#has(command) ? [digest, command] : [digest];
  }

  #has({ hash, sizeBytes }: Digest): boolean {
    return this.stored.get(hash)?.size === sizeBytes;
  }

  #inTree(tree: Digest): readonly Digest[] | undefined {
    return this.#once(`tree ${tree.hash}`, () => filesInTree(tree, this.#read(tree)));
  }

  #belowRoot(root: Digest): readonly Digest[] | undefined {
    return this.#once(`root ${root.hash}`, () => {
      const { reached, files } = walkTree(root, (digest) => this.#read(digest));
      return [...digestsOf(reached), ...files];
    });
  }

  /** Undefined where it cannot be read. */
  #once(key: string, read: () => readonly Digest[]): readonly Digest[] | undefined {
    if (this.#trees.has(key)) return this.#trees.get(key);
    const digests = undefinedIfUnreadable(read);
    this.#trees.set(key, digests);
    return digests;
  }

  #read(digest: Digest): Uint8Array {
    if (digest.sizeBytes === 0) return new Uint8Array();
    const object = this.stored.get(digest.hash);
    if (object?.size !== digest.sizeBytes) throw new Error('it is not there');
    return readFileSync(object.path);
  }
}

function undefinedIfUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
