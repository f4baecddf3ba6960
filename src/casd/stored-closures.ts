import { readFileSync } from 'node:fs';
import {
  Action,
  type ActionResult,
  Directory,
  type OutputDirectory,
  Tree,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
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

  ofResult(result: ActionResult): Closure {
    const inFolders = result.outputDirectories.map((folder) => this.#inFolder(folder));
    const needed = new Map<string, Digest>();
    const named = [
      ...result.outputFiles.map(({ digest }) => digest),
      result.stdoutDigest,
      result.stderrDigest,
    ];
    for (const digest of [...named, ...inFolders.flatMap((digests) => digests ?? [])]) {
      if (digest !== undefined && digest.sizeBytes > 0) needed.set(digest.hash, digest);
    }
    const blobs = [...needed.values()];
    return { blobs, complete: !inFolders.includes(undefined) && blobs.every((digest) => this.#has(digest)) };
  }

  /** Undefined where something that names what is in the folder cannot be read. */
  #inFolder({ treeDigest, rootDirectoryDigest }: OutputDirectory): readonly Digest[] | undefined {
    const inTree = treeDigest === undefined ? [] : this.#inTree(treeDigest);
    const below = rootDirectoryDigest === undefined ? [] : this.#belowDirectory(rootDirectoryDigest);
    if (inTree === undefined || below === undefined) return undefined;
    return [...(treeDigest === undefined ? [] : [treeDigest]), ...inTree, ...below];
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

  /** The files of an encoded Tree; undefined where it cannot be read. */
  #inTree(digest: Digest): readonly Digest[] | undefined {
    return this.#once(`tree ${digest.hash}`, () => {
      const { root, children } = Tree.decode(this.#read(digest));
      return [...(root === undefined ? [] : [root]), ...children].flatMap(filesOf);
    });
  }

  /** The directories and files at and below a Directory; undefined where one of them cannot be read. */
  #belowDirectory(digest: Digest): readonly Digest[] | undefined {
    return this.#once(`directory ${digest.hash}`, () => {
      const directory = Directory.decode(this.#read(digest));
      const below = directory.directories.flatMap(({ digest: child }) => {
        const found = child === undefined ? [] : this.#belowDirectory(child);
        if (found === undefined) throw new Error('a directory below cannot be read');
        return found;
      });
      return [digest, ...filesOf(directory), ...below];
    });
  }

  #once(key: string, read: () => readonly Digest[]): readonly Digest[] | undefined {
    if (this.#trees.has(key)) return this.#trees.get(key);
    this.#trees.set(key, undefined); // What contains itself cannot be read.
    try {
      const digests = read();
      this.#trees.set(key, digests);
      return digests;
    } catch {
      return undefined;
    }
  }

  #read(digest: Digest): Uint8Array {
    if (digest.sizeBytes === 0) return new Uint8Array();
    const object = this.stored.get(digest.hash);
    if (object?.size !== digest.sizeBytes) throw new Error('it is not there');
    return readFileSync(object.path);
  }
}

function filesOf({ files }: Directory): readonly Digest[] {
  return files.flatMap(({ digest }) => digest ?? []);
}
