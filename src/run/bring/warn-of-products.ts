import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { nameSome } from '../../advice/name-some.js';
import { HEADER_LENGTH, isBelieved, sourceOfBytecode } from '../../inputs/bytecode.js';
import { readHead } from '../../inputs/file-head.js';
import type { InputFile, InputTree } from '../../inputs/input-tree.js';
import { readRules, type Rule } from '../../inputs/makefile-rules.js';
import { pathspecFor, rawName } from '../../inputs/names.js';
import { findProducts, type Product } from '../../inputs/products.js';
import type { PlannedOutput } from '../../outputs/plan.js';
import type { RunContext } from '../run-context.js';

/** In the order in which GNU make looks for them. */
const MAKEFILES = ['GNUmakefile', 'makefile', 'Makefile'];
const LARGEST_MAKEFILE = 1_000_000;

/** Of more files with bytecode the rest is not looked at. */
const MOST_BYTECODE = 200;

/**
 * Says of which inputs `make` or Python may think that they need not be made: in the sandbox all files have one time stamp, for no
 * digest may depend on when a checkout was made.
 */
export async function warnOfProducts(
  { config, host, log }: Pick<RunContext, 'config' | 'host' | 'log'>,
  inputs: InputTree,
  planned: readonly PlannedOutput[],
): Promise<void> {
  const { workingDirectory: folder } = config.build;
  const files = new Map(inputs.nodes.flatMap((node) => (node.kind === 'file' ? [[node.path, node]] : [])));
  const products = findProducts({
    files,
    untracked: inputs.untracked,
    rules: await readMakefile(files, host.machine.workspace, folder),
    folder,
    believed: await believedBytecode(files, host.machine.workspace),
    ...compareOutputs(files, planned, folder),
  });
  if (products.length > 0) log.warn(wordsFor(products));
}

/** Of the outputs that are inputs too, those that the build left alone and those that it wrote. */
function compareOutputs(
  files: ReadonlyMap<string, InputFile>,
  planned: readonly PlannedOutput[],
  folder: string,
): { unchanged: readonly string[]; changed: ReadonlySet<string> } {
  const unchanged: string[] = [];
  const changed = new Set<string>();
  for (const node of planned.flatMap(({ nodes }) => nodes)) {
    const path = posix.join(folder, node.path);
    const input = files.get(path);
    if (input === undefined || node.kind !== 'file') continue;
    if (input.digest.hash === node.digest.hash) unchanged.push(path);
    else changed.add(path);
  }
  return { unchanged, changed };
}

async function readMakefile(
  files: ReadonlyMap<string, InputFile>,
  workspace: string,
  folder: string,
): Promise<readonly Rule[]> {
  const path = MAKEFILES.map((name) => posix.join(folder, name)).find((name) => files.has(name));
  if (path === undefined || (files.get(path)?.digest.sizeBytes ?? 0) > LARGEST_MAKEFILE) return [];
  try {
    return readRules(await readFile(join(workspace, path), 'utf8'));
  } catch {
    return []; // Gone, or not readable any more: the build has had it.
  }
}

async function believedBytecode(
  files: ReadonlyMap<string, InputFile>,
  workspace: string,
): Promise<readonly string[]> {
  const hasSource = (path: string) => files.has(sourceOfBytecode(path) ?? '');
  const believed: string[] = [];
  for (const path of [...files.keys()].filter(hasSource).slice(0, MOST_BYTECODE)) {
    if (isBelieved(await readHead(join(workspace, path), HEADER_LENGTH))) believed.push(path);
  }
  return believed;
}

const WHY = {
  output: 'an output that the build left as it was',
  target: 'a target of the Makefile',
  looks: 'a compiled file',
  bytecode: 'bytecode that was made in a sandbox, or that is never checked',
};

function wordsFor(products: readonly Product[]): string {
  const named = nameSome(products.map(({ path, why }) => `${path} (${WHY[why]})`));
  const pathspec = pathspecFor(rawName(products[0]?.path ?? ''));
  return (
    `among the inputs are products of a build: ${named}. All files have one time stamp in the sandbox, ` +
    'so make, or whatever compares stamps, takes them for up to date whatever has happened to their sources. ' +
    `Have git ignore them, exclude them (\`inputs: '!${pathspec}'\`), or build with \`make -B\``
  );
}
