import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

const CHANGELOG = [
  '# Changelog',
  '## [Unreleased]',
  '- To come.',
  '## [1.2.3] - 2026-12-01',
  '### Added',
  '- This.',
  '## [1.2.2] - 2026-11-01',
  '- That.',
];

let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'release-'));
  for (const folder of ['check', 'dist', 'docs']) {
    mkdirSync(join(checkout, folder));
    write(`${folder}/a.js`, folder);
  }
  for (const file of ['action.yml', 'LICENSE', 'README.md', 'SECURITY.md']) write(file, file);
  write('package.json', '{ "version": "1.2.3" }');
  write('CHANGELOG.md', `${CHANGELOG.join('\n')}\n`);
  git('init', '-q');
  git('add', '.');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '-m', 'All');
});

afterEach(() => rmSync(checkout, { recursive: true }));

function write(file: string, text: string): void {
  writeFileSync(join(checkout, file), text);
}

function git(...words: readonly string[]): void {
  execFileSync('git', words, { cwd: checkout });
}

function prepare(version: string): { status: number | null; stderr: string } {
  const script = resolve('scripts/prepare-release.js');
  return spawnSync(process.execPath, [script, version, 'release'], { cwd: checkout, encoding: 'utf8' });
}

test('a release is its notes, an archive, and the checksums of it and of dist/', () => {
  expect(prepare('1.2.3')).toMatchObject({ status: 0, stderr: '' });
  const release = join(checkout, 'release');
  expect(readdirSync(release).sort()).toEqual(['SHA256SUMS', 'buildbox-action-1.2.3.tar.gz', 'notes.md']);
  expect(readFileSync(join(release, 'notes.md'), 'utf8')).toBe('### Added\n- This.\n');
  execFileSync('tar', ['-xzf', 'buildbox-action-1.2.3.tar.gz'], { cwd: release });
  expect(readFileSync(join(release, 'buildbox-action-1.2.3/dist/a.js'), 'utf8')).toBe('dist');
  const sums = readFileSync(join(release, 'SHA256SUMS'), 'utf8');
  expect(sums.replaceAll(/^[0-9a-f]{64} {2}/gm, '')).toBe('dist/a.js\nbuildbox-action-1.2.3.tar.gz\n');
  rmSync(join(checkout, 'dist'), { recursive: true });
  execFileSync('cp', ['-r', 'buildbox-action-1.2.3/dist', '.'], { cwd: release });
  execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: release });
});

test.each([
  ['no version', 'v1.2.3', /"v1.2.3" is no version/],
  ['what a shell would run', '1.2.3; id', /is no version/],
  ['another version than that of package.json', '1.2.4', /package.json says 1.2.3, not 1.2.4/],
])('%s is not released', (_, version, why) => {
  const { status, stderr } = prepare(version);
  expect(stderr).toMatch(why);
  expect(status).toBe(1);
  expect(readdirSync(checkout)).not.toContain('release');
});

test('what the changelog does not tell of is not released', () => {
  write('CHANGELOG.md', '# Changelog\n\n## [1.2.3] - soon\n\n- This.\n');
  expect(prepare('1.2.3').stderr).toContain('CHANGELOG.md tells nothing below "## [1.2.3] - YYYY-MM-DD"');
});

test('what is not committed is not released', () => {
  write('dist/a.js', 'changed');
  expect(prepare('1.2.3').stderr).toContain('M dist/a.js');
});
