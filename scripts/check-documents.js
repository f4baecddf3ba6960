/**
 * Fails on what a document names and is not there: the file or heading that a link leads to, a path in code quotes, and
 * in troubleshooting a message that the program does not say. `node scripts/check-documents.js [FOLDER]`
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anchorsOf, codeSpansOf, linksOf } from './documents/markdown.js';
import { quotedMessages } from './documents/quoted-messages.js';

const TROUBLESHOOTING = 'docs/troubleshooting.md';

const root = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
const files = listFiles();
const folders = new Set(files.flatMap(foldersOf));
const places = new Set([...files, ...folders]);
const pages = new Map(
  files.filter((path) => path.endsWith('.md')).map((path) => [path, readFileSync(join(root, path), 'utf8')]),
);

const faults = [
  ...[...pages].flatMap(([path, page]) => nowhere(path, page).map((name) => `${path}: there is no ${name}`)),
  ...unsaid().map((message) => `${TROUBLESHOOTING}: nobody says "${message}"`),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function nowhere(path, page) {
  return [
    ...linksOf(page).filter((target) => !leadsSomewhere(path, target)),
    ...codeSpansOf(page).filter((text) => isOurPath(text) && !isThere(text)),
  ];
}

/** The messages of which some piece stands in no source. */
function unsaid() {
  const source = files
    .filter((path) => /^src\/.*\.ts$/.test(path))
    .map((path) => readFileSync(join(root, path), 'utf8'))
    .join('\n');
  return quotedMessages(pages.get(TROUBLESHOOTING))
    .filter(({ pieces }) => !pieces.every((piece) => source.includes(piece)))
    .map(({ message }) => message);
}

/** What git tracks or would add. */
function listFiles() {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  return execFileSync('git', words, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(root, path)));
}

function foldersOf(path) {
  const folder = dirname(path);
  return folder === '.' ? [] : [folder, ...foldersOf(folder)];
}

/** An address elsewhere is not asked for. */
function leadsSomewhere(from, target) {
  if (/^[a-z]+:/.test(target)) return true;
  const [path, anchor] = target.split('#');
  const to = path === '' ? from : join(dirname(from), path).replace(/\/$/, '');
  if (!places.has(to)) return false;
  return anchor === undefined || anchorsOf(pages.get(to) ?? '').includes(anchor);
}

/** A path that begins in one of our folders, or ends with a source file of ours. */
function isOurPath(text) {
  if (!/^[\w@.-]+(\/[\w@.-]+)*\/?$/.test(text)) return false;
  return (
    /\.ts$/.test(text) ||
    /^(src|scripts|docs|bench|examples|protos|check|__tests__|\.ci|\.github)\/./.test(text)
  );
}

/** A path may be told by its end alone, as a reader would. */
function isThere(text) {
  const path = text.replace(/\/$/, '');
  return places.has(path) || files.some((file) => file.endsWith(`/${path}`));
}
