import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findProgram, ownHome, ownPath, ownVariables } from '../../src/process/own-programs.js';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'own-programs-')));
  mkdirSync(join(folder, 'repo/.git'), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (path: string) => join(folder, path);

function program(path: string, mode = 0o755): string {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), '#!/bin/sh\n');
  chmodSync(at(path), mode);
  return at(path);
}

function machine(path: readonly string[], change = {}) {
  return { workspace: at('repo'), home: at('home'), environment: {}, path, ...change };
}

describe('a program for ourselves', () => {
  test('is the first executable file of that name; folders and plain files are passed over', () => {
    mkdirSync(at('one/tool'), { recursive: true });
    program('two/tool', 0o644);
    const right = program('three/tool');
    program('four/tool');
    const path = [at('absent'), at('one'), at('two'), at('three'), at('four')];
    expect(findProgram('tool', machine(path))).toBe(right);
    expect(findProgram('other', machine(path))).toBeUndefined();
  });

  test('is never one of the checkout, however PATH leads there', () => {
    program('repo/bin/tool');
    program('repo/node_modules/.bin/tool');
    program('outer/node_modules/.bin/tool');
    symlinkSync(at('repo/bin'), at('linked-folder'));
    mkdirSync(at('linked-file'));
    symlinkSync(at('repo/bin/tool'), at('linked-file/tool'));
    const bad = [
      ...['.', '', 'bin', 'node_modules/.bin', `${folder}/x/../repo/bin`],
      ...['repo/bin', 'repo/bin/', 'linked-folder', 'outer/node_modules/.bin'].map(at),
    ];
    expect(ownPath(machine(bad))).toEqual([]);
    expect(findProgram('tool', machine([at('linked-file')]))).toBeUndefined();
    const right = program('outside/tool');
    expect(findProgram('tool', machine([...bad, at('linked-file'), at('outside')]))).toBe(right);
  });

  test('is not one of the repository around the workspace, nor of what the CI system calls its checkout', () => {
    program('repo/bin/tool');
    program('job/other/bin/tool');
    mkdirSync(at('repo/sub'));
    const environment = { GITHUB_WORKSPACE: at('job') };
    const around = machine([at('repo/bin'), at('job/other/bin')], { workspace: at('repo/sub'), environment });
    expect(ownPath(around)).toEqual([]);
  });

  test('may be one of a repository that holds the home folder, or of any where the workspace is /', () => {
    mkdirSync(at('.git'));
    mkdirSync(at('home/plain'), { recursive: true });
    const right = program('home/bin/tool');
    expect(findProgram('tool', machine([at('home/bin')], { workspace: at('home/plain') }))).toBe(right);
    expect(findProgram('tool', machine([at('home/bin')], { workspace: '/' }))).toBe(right);
  });
});

describe('settings for our own programs', () => {
  test('are those of the home folder, unless that is the checkout’s', () => {
    expect(ownHome(machine([]))).toBe(at('home'));
    expect(ownHome(machine([], { home: at('repo/home') }))).not.toContain(at('repo'));
    symlinkSync(at('repo'), at('link'));
    expect(ownHome(machine([], { home: at('link') }))).not.toContain(folder);
  });

  test('lose of each variable what lies in the checkout or is relative', () => {
    const environment = { ONE: `${at('repo/lib')}::lib:${at('lib')}`, TWO: at('repo/pip.conf') };
    expect(ownVariables(machine([], { environment }), ['ONE', 'TWO', 'NONE'])).toEqual({ ONE: at('lib') });
  });
});
