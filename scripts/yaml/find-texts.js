import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';

/** Not ours, or made; the actions below `__tests__` are played by our own runner alone. */
const SKIPPED = new Set(['.git', 'node_modules', 'dist', 'build', 'coverage', '__tests__']);

const KINDS = [
  [/^\.github\/workflows\/[^/]+\.ya?ml$/, 'workflow'],
  [/^examples\/workflows\/[^/]+\.ya?ml$/, 'workflow'],
  [/^\.github\/ISSUE_TEMPLATE\/config\.ya?ml$/, 'chooser'],
  [/^\.github\/ISSUE_TEMPLATE\/[^/]+\.ya?ml$/, 'form'],
  [/^\.github\/dependabot\.ya?ml$/, 'dependabot'],
  [/(^|\/)action\.ya?ml$/, 'action'],
  [/^(\.github|examples)\/.*\.ya?ml$/, 'unread'],
];

/** What a list of steps needs around it to be a workflow; its last line gives the indent of the steps. */
const AROUND_STEPS = ['on: push', 'jobs:', '  example:', '    runs-on: ubuntu-latest', '    steps:'];

/**
 * The YAML below a folder that GitHub reads or that a document shows of a workflow, with the file's line on which it
 * begins: `{ kind, file, firstLine, text }`. A block of steps has the rest of a workflow around it.
 */
export function findTexts(root) {
  return listFiles(root, '').flatMap((file) => {
    const kind = KINDS.find(([pattern]) => pattern.test(file))?.[1];
    if (kind === undefined && !file.endsWith('.md')) return [];
    const text = readFileSync(join(root, file), 'utf8');
    return kind === undefined ? blocks(file, text) : [read({ kind, file, firstLine: 1, text })];
  });
}

function listFiles(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) return entry.isFile() ? [path] : [];
    return SKIPPED.has(entry.name) ? [] : listFiles(root, path);
  });
}

/** The fenced blocks of YAML in a document; of those that are no workflow and no steps, only whether they can be read. */
function blocks(file, page) {
  return [...page.matchAll(/^( *)```ya?ml\n([^]*?)^ *```$/gm)]
    .map(({ index, 1: indent, 2: block }) => ({
      file,
      firstLine: page.slice(0, index).split('\n').length + 1,
      text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }))
    .map(ofItsKind)
    .filter(({ kind }) => kind !== undefined);
}

function ofItsKind(block) {
  const document = parseDocument(block.text);
  if (document.errors.length > 0) return read(block);
  const value = document.toJS();
  if (Array.isArray(value)) {
    const steps = block.text.replaceAll(/^(?=.)/gm, '      ');
    return {
      ...block,
      kind: 'workflow',
      firstLine: block.firstLine - AROUND_STEPS.length,
      text: [...AROUND_STEPS, steps].join('\n'),
    };
  }
  if (value?.jobs !== undefined) return { ...block, kind: 'workflow' };
  if (!/\buses:/.test(block.text)) return block;
  const message =
    'a block that uses an action is a whole workflow or a list of steps, so that it can be checked';
  return { ...block, kind: 'broken', line: 0, message };
}

/** The text as it is, or what keeps it from being read as YAML at all. */
function read(text) {
  const [error] = parseDocument(text.text).errors;
  if (error === undefined) return text;
  const line = (error.linePos?.[0].line ?? 1) - 1;
  return { ...text, kind: 'broken', line, message: error.message.split(' at line')[0] };
}
