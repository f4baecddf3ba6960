/**
 * `node scripts/prepare-release.js VERSION FOLDER` writes into the folder what a release of the current commit consists
 * of: `notes.md` out of CHANGELOG.md, an archive for those who use the command line, and `SHA256SUMS` of the archive and
 * of each file of dist/. It writes nothing where package.json and CHANGELOG.md do not say that this is that version.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ARCHIVED = [
  'action.yml',
  'check',
  'dist',
  'docs',
  'LICENSE',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
];

const [version = '', folder = ''] = process.argv.slice(2);
const notes = notesOf(version, readFileSync('CHANGELOG.md', 'utf8'));
const fault = whyNot(version, JSON.parse(readFileSync('package.json', 'utf8')).version, notes);
if (fault !== undefined || folder === '') {
  console.error(fault ?? 'usage: node scripts/prepare-release.js VERSION FOLDER');
  process.exit(1);
}
mkdirSync(folder, { recursive: true });
const name = `buildbox-action-${version}`;
const archive = git('archive', '--format=tar.gz', `--prefix=${name}/`, 'HEAD', ...ARCHIVED);
const bundles = readdirSync('dist').map((file) => `dist/${file}`);
const sums = [
  ...bundles.sort().map((file) => sumLine(file, readFileSync(file))),
  sumLine(`${name}.tar.gz`, archive),
];
writeFileSync(join(folder, `${name}.tar.gz`), archive);
writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
writeFileSync(join(folder, 'notes.md'), `${notes}\n`);
console.log(
  `${folder} holds ${name}.tar.gz, SHA256SUMS of it and of ${bundles.length} files of dist/, and notes.md`,
);

/** What keeps this from being a release, or undefined. */
function whyNot(wanted, packaged, notes) {
  if (!/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(wanted)) {
    return `"${wanted}" is no version; give MAJOR.MINOR.PATCH, such as 1.2.3`;
  }
  if (wanted !== packaged)
    return `package.json says ${packaged}, not ${wanted}; npm version --no-git-tag-version changes it`;
  if (notes === '') return `CHANGELOG.md tells nothing below "## [${wanted}] - YYYY-MM-DD"`;
  const changed = git('status', '--porcelain', '--', ...ARCHIVED)
    .toString()
    .trim();
  if (changed !== '') return `these are not as they are committed:\n${changed}`;
  return undefined;
}

/** What a changelog tells of a version, '' where it does not. */
function notesOf(wanted, changelog) {
  const sections = changelog.split(/^(?=## )/m);
  const own = sections.find((section) => /^## \[(.*)\] - \d{4}-\d\d-\d\d\n/.exec(section)?.[1] === wanted);
  return own === undefined ? '' : own.slice(own.indexOf('\n')).trim();
}

function sumLine(file, content) {
  return `${createHash('sha256').update(content).digest('hex')}  ${file}\n`;
}

function git(...words) {
  return execFileSync('git', words, { maxBuffer: 256 << 20 });
}
