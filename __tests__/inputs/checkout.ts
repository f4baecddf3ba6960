import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { readInputs, type InputNode, type InputRequest } from '../../src/inputs/input-tree.js';
import type { Machine } from '../../src/machine.js';
import { DigestCache } from '../../src/digests/digest-cache.js';

/** A folder that is there for the length of a test. */
export function useScratch(): { readonly path: string } {
  const scratch = { path: '' };
  beforeEach(() => {
    scratch.path = realpathSync(mkdtempSync(join(tmpdir(), 'inputs-test-')));
    mkdirSync(join(scratch.path, 'home'));
  });
  afterEach(() => rmSync(scratch.path, { recursive: true, force: true }));
  return scratch;
}

/** Git as a developer calls it, with nobody's configuration. */
export function git(folder: string, ...args: string[]): string {
  const identity = [
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@example.com',
    '-c',
    'protocol.file.allow=always',
  ];
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...identity, ...args], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' });
}

/** Writes files, their paths given relative to the folder; a path that ends in `*` is executable. */
export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name.replace(/\*$/, ''));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    chmodSync(path, name.endsWith('*') ? 0o755 : 0o644);
  }
}

/** A name of bytes that are not UTF-8: `caf\xe9.txt`. */
export function brokenPath(folder: string): Buffer {
  return Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.from([0xe9]), Buffer.from('.txt')]);
}

export function newRepository(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  git(folder, 'init', '--quiet');
  write(folder, files);
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '--allow-empty', '--message', 'first');
}

export function machineAt(workspace: string, scratch: string): Machine {
  return {
    workspace,
    home: join(scratch, 'home'),
    temporary: join(scratch, 'temporary'),
    userCache: join(scratch, 'cache'),
    programs: '/opt/buildbox-action/dist',
    toolCache: undefined,
    path: (process.env.PATH ?? '').split(':'),
    image: undefined,
    environment: {},
    builder: 'test',
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
  };
}

export async function requestFor(
  machine: Machine,
  change: Partial<InputRequest> = {},
): Promise<InputRequest> {
  const memory = await DigestCache.open('/nonexistent');
  const { signal } = new AbortController();
  return { machine, pathspecs: [], written: [], excluded: [], memory, distrusted: [], signal, ...change };
}

/** The inputs as lines: `file`, `program*`, `link -> target`, `empty folder/`. */
export async function linesOf(
  workspace: string,
  scratch: string,
  change: Partial<InputRequest> = {},
): Promise<string[]> {
  const tree = await readInputs(await requestFor(machineAt(workspace, scratch), change));
  return tree.nodes.map(lineOf);
}

/** What is said of them. */
export async function warningsOf(
  workspace: string,
  scratch: string,
  change: Partial<InputRequest> = {},
): Promise<readonly string[]> {
  return (await readInputs(await requestFor(machineAt(workspace, scratch), change))).warnings;
}

function lineOf(node: InputNode): string {
  if (node.kind === 'symlink') return `${node.path} -> ${node.target}`;
  return node.path + (node.kind === 'directory' ? '/' : node.executable ? '*' : '');
}

/** A matcher for text that holds this; typed as the text that it stands for. */
export function containing(text: string): string {
  return expect.stringContaining(text) as unknown as string;
}
