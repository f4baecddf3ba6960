import { posix } from 'node:path';
import type { Rule } from './makefile-rules.js';

/** An input that a build may take for its own product of before. */
export interface Product {
  /** Relative to the workspace. */
  readonly path: string;
  readonly why: 'output' | 'target' | 'looks' | 'bytecode';
}

export interface ProductSearch {
  /** All files that are input, by their paths. */
  readonly files: ReadonlyMap<string, unknown>;
  /** Those compiled ones that git does not track. */
  readonly untracked: ReadonlySet<string>;
  /** The rules of the Makefile, and the folder that it lies in. */
  readonly rules: readonly Rule[];
  readonly folder: string;
  /** Python's bytecode that is run whatever its source has become. */
  readonly believed: readonly string[];
  /** Of the declared outputs, those that the build left as they came in. */
  readonly unchanged: readonly string[];
  /** Those that it wrote. */
  readonly changed: ReadonlySet<string>;
}

/** What a file of this kind is made of, as the endings of its source's name. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  '.o': 'c cc cpp cxx C c++ s S asm f f90 F F90 m mm cu d go rs ml pas adb zig'.split(' '),
  '.lo': 'c cc cpp cxx s S'.split(' '),
  '.obj': 'c cc cpp cxx asm'.split(' '),
  '.class': 'java kt scala groovy'.split(' '),
  '.cmo': ['ml'],
  '.cmx': ['ml'],
  '.cmi': ['mli', 'ml'],
  '.hi': ['hs'],
  '.beam': ['erl', 'ex'],
};

/** What is linked of many, so that only its folder tells. */
const LINKED = /\.(?:a|so|so\.[\d.]+|la|dylib|ko|jar)$/;
const MAKEFILE = ['Makefile', 'makefile', 'GNUmakefile'];

/** Files that programs keep up to date in place, by comparing contents and not time stamps. */
const LOCK_FILE = /(?:^|[./-])lock(?:file)?(?:\.\w+)?$|(?:^|\/)(?:go\.sum|npm-shrinkwrap\.json)$/i;

/** Whether a name is that of a compiled file. */
export function looksCompiled(path: string): boolean {
  return posix.extname(path) in SOURCES || LINKED.test(path);
}

/**
 * Of the inputs, those that look like products: `make` compares time stamps, and in the sandbox all files have the same. So does Python.
 * A compiled file that git tracks, without its source beside it, is taken for what it most often is, a sample for tests.
 */
export function findProducts(search: ProductSearch): readonly Product[] {
  const found = new Map<string, Product>();
  const add = (path: string, why: Product['why']) => {
    if (!found.has(path) && !search.changed.has(path)) found.set(path, { path, why });
  };
  for (const path of search.unchanged) if (!LOCK_FILE.test(path)) add(path, 'output');
  for (const path of targetsAmong(search)) add(path, 'target');
  for (const path of search.believed) add(path, 'bytecode');
  for (const path of search.files.keys())
    if (looksCompiled(path) && isProduct(path, search)) add(path, 'looks');
  return [...found.values()];
}

function targetsAmong({ files, rules, folder }: ProductSearch): readonly string[] {
  const isInput = (word: string) => files.has(posix.join(folder, word));
  return rules
    .filter(({ prerequisites }) => prerequisites.some(isInput))
    .flatMap(({ targets }) => targets.filter(isInput).map((word) => posix.join(folder, word)));
}

function isProduct(path: string, { files, untracked }: ProductSearch): boolean {
  const folder = posix.dirname(path);
  const sources = SOURCES[posix.extname(path)];
  if (sources === undefined) {
    return untracked.has(path) && MAKEFILE.some((name) => files.has(posix.join(folder, name)));
  }
  const stem = path.slice(0, -posix.extname(path).length).replace(/\$[^/]*$/, '');
  return untracked.has(path) || sources.some((ending) => files.has(`${stem}.${ending}`));
}
