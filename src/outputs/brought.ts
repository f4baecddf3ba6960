import { readFile, utimes } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeOwn } from '../files/write-whole.js';
import type { TreeNode } from '../reapi/merkle.js';
import { pathBelow, type PlannedOutput } from './plan.js';

/** What was brought to one place: for each path relative to the output, what lay there then. */
type Content = Readonly<Record<string, string>>;

/** What runs of ours brought to one place: only that is ours to delete. */
export interface Brought {
  readonly file: string;
  readonly contents: readonly Content[];
}

const stored = v.object({ version: v.literal(1), contents: v.array(v.record(v.string(), v.string())) });

/** Characters of what is written at once. */
const PIECE = 1 << 16;

export const A_FOLDER = 'folder';
export const aFile = (hash: string) => `file ${hash}`;
export const aLink = (target: string) => `link ${target}`;

/**
 * Reads what was brought to a place by the runs before. What cannot be read was never brought: then all that stands
 * there is somebody else's, and stays.
 *
 * @param memory the folder that this is remembered in
 * @param target the output's place, absolute
 */
export async function readBrought(memory: string, target: string): Promise<Brought> {
  const name = createHash('sha256').update(target).digest('hex').slice(0, 16);
  const file = join(memory, `outputs-${name}.json`);
  try {
    return { file, contents: v.parse(stored, JSON.parse(await readFile(file, 'utf8'))).contents };
  } catch {
    return { file, contents: [] };
  }
}

export function wasBrought({ contents }: Brought, path: string, what: string): boolean {
  return contents.some((content) => Object.hasOwn(content, path) && content[path] === what);
}

export function contentOfNode(node: TreeNode): string {
  if (node.kind === 'file') return aFile(node.digest.hash);
  return node.kind === 'symlink' ? aLink(node.target) : A_FOLDER;
}

/** Remembers what is about to be brought, beside what was: nobody knows yet what comes of it. */
export async function rememberBoth(brought: Brought, output: PlannedOutput): Promise<void> {
  if (isAllOf(brought, output)) return;
  await write(brought.file, [...brought.contents.map(Object.entries<string>), pairsOf(output)]);
}

/** Remembers what was brought now, and forgets what was before. */
export async function rememberOnly(brought: Brought, output: PlannedOutput): Promise<void> {
  if (brought.contents.length > 0 && !isAllOf(brought, output)) await write(brought.file, [pairsOf(output)]);
  else await markUsed(brought.file);
}

function isAllOf({ contents }: Brought, output: PlannedOutput): boolean {
  const [known, ...others] = contents;
  if (known === undefined || others.length > 0) return false;
  if (Object.keys(known).length !== output.nodes.length) return false;
  return output.nodes.every((node) => {
    const path = pathBelow(output, node);
    return Object.hasOwn(known, path) && known[path] === contentOfNode(node);
  });
}

type Pairs = Iterable<readonly [path: string, what: string]>;

/** What an output puts at its place. */
function* pairsOf(output: PlannedOutput): Pairs {
  for (const node of output.nodes) yield [pathBelow(output, node), contentOfNode(node)];
}

/** Where nothing can be remembered, the next run deletes nothing: that costs no build its outputs. */
async function write(file: string, contents: readonly Pairs[]): Promise<void> {
  await writeOwn(file, inPieces(contents)).catch(() => undefined);
}

/** As JSON. Of a hundred thousand files the whole would be ten megabytes, several times over. */
function* inPieces(contents: readonly Pairs[]): Iterable<string> {
  let piece = '{"version":1,"contents":[';
  for (const [number, pairs] of contents.entries()) {
    piece += number === 0 ? '{' : ',{';
    let separator = '';
    for (const [path, what] of pairs) {
      piece += `${separator}${JSON.stringify(path)}:${JSON.stringify(what)}`;
      separator = ',';
      if (piece.length < PIECE) continue;
      yield piece;
      piece = '';
    }
    piece += '}';
  }
  yield `${piece}]}`;
}

/** The memory's folder forgets what is old. */
async function markUsed(file: string): Promise<void> {
  const now = new Date();
  await utimes(file, now, now).catch(() => undefined);
}
