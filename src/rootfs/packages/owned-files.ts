import { basename, dirname, join } from 'node:path';
import { targetOf, type HostTree } from '../host-tree.js';

/** What a package manager knows of the content of a file. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256';
  readonly hex: string;
}

/** An installed package, as far as its files go. */
export interface PackageFiles {
  /** Without architecture. */
  readonly name: string;
  /** When it was installed: its files are not newer. A time that nobody knows is infinite. */
  readonly installed: { readonly mtimeMs: number; readonly ctimeMs: number };
  /** Absolute, folders and links among them. */
  readonly paths: readonly string[];
  /** Read when they are asked for: path -> checksum. */
  checksums(): ReadonlyMap<string, Checksum>;
}

export interface Owner {
  /** Whether the package is part of the toolchain. */
  readonly counts: boolean;
  readonly files: PackageFiles;
}

const NONE: ReadonlyMap<string, Owner> = new Map();

/** Folders that are one with a folder of /usr on most machines, while packages still name them apart. */
const MERGED = ['bin', 'lib', 'lib32', 'lib64', 'libx32', 'sbin'];

/** Which files come from a package: all others are nobody's but the one's who put them there. */
export class OwnedFiles {
  readonly #folders = new Map<string, Map<string, Owner>>();
  readonly #checksums = new Map<PackageFiles, ReadonlyMap<string, Checksum>>();
  readonly #merged: ReadonlyMap<string, string>;

  constructor(
    tree: HostTree,
    packages: readonly PackageFiles[],
    counts: (packageName: string) => boolean = () => true,
  ) {
    this.#merged = mergedFolders(tree);
    for (const files of packages) {
      const owner = { counts: counts(files.name), files };
      for (const path of files.paths) this.#add(this.#place(path), owner);
    }
  }

  /** Names in a real folder that packages put there. */
  in(folder: string): ReadonlyMap<string, Owner> {
    return this.#folders.get(folder) ?? NONE;
  }

  /** What the content of a file should be; undefined where its package does not say. */
  checksumOf(owner: Owner, path: string): Checksum | undefined {
    let known = this.#checksums.get(owner.files);
    if (known === undefined) {
      known = new Map([...owner.files.checksums()].map(([each, sum]) => [this.#place(each), sum]));
      this.#checksums.set(owner.files, known);
    }
    return known.get(path);
  }

  /** A folder that several packages have counts when one of them does. */
  #add(path: string, owner: Owner): void {
    const folder = dirname(path);
    const names = this.#folders.get(folder) ?? new Map<string, Owner>();
    if (names.size === 0) this.#folders.set(folder, names);
    const name = basename(path);
    if (names.get(name)?.counts !== true) names.set(name, owner);
  }

  #place(path: string): string {
    const end = path.indexOf('/', 1);
    const merged = end === -1 ? undefined : this.#merged.get(path.slice(0, end));
    return merged === undefined ? path : merged + path.slice(end);
  }
}

function mergedFolders(tree: HostTree): ReadonlyMap<string, string> {
  return new Map(
    MERGED.flatMap((name) => {
      const target = targetOf(tree, `/${name}`);
      return target === undefined ? [] : [[`/${name}`, join('/', target)] as const];
    }),
  );
}
