import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type OutputSigns, readSigns } from '../../src/advice/output-signs.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hints-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

function signsIn(...texts: readonly string[]): Promise<OutputSigns> {
  const files = texts.map((text, i) => {
    const file = join(folder, String(i));
    writeFileSync(file, text);
    return file;
  });
  return readSigns(files);
}

describe('what the machine lacks', () => {
  test.each([
    ['cp: error writing ‘x’: No space left on device', 'No space left on device'],
    ['Error: ENOSPC: no space left on device, write', 'ENOSPC'],
    ['g++: fatal error: Killed signal terminated program cc1plus', 'Killed'],
    ["terminate called after throwing an instance of 'std::bad_alloc'", 'bad_alloc'],
    ['FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory', 'out of memory'],
    ['bash: fork: retry: Resource temporarily unavailable', 'Resource temporarily unavailable'],
  ])('%s', async (text, machine) => expect(await signsIn('', text)).toEqual({ machine }));
});

describe('a network that is not there', () => {
  test.each([
    ['curl: (6) Could not resolve host: example.org', 'Could not resolve host'],
    ['wget: unable to resolve host address ‘example.org’', 'unable to resolve host'],
    ['npm error code EAI_AGAIN', 'EAI_AGAIN'],
    [
      'urllib3.exceptions.NewConnectionError: [Errno -3] Temporary failure in name resolution',
      'Temporary failure in name resolution',
    ],
    ['dial tcp: lookup proxy.golang.org on 192.0.2.1:53: no such host', 'dial tcp: lookup'],
    ['Caused by: java.net.UnknownHostException: repo.maven.apache.org', 'UnknownHostException'],
    [
      'failed to lookup address information: Temporary failure in name resolution',
      'failed to lookup address information',
    ],
  ])('%s', async (text, network) => expect(await signsIn(text)).toEqual({ network }));
});

test.each([
  ['bash: line 1: cargo: command not found', 'cargo: command not found'],
  ['sh: 1: jest: not found', 'jest: not found'],
  ['make[1]: c++: No such file or directory', 'make[1]: c++: No such file or directory'],
])('a program that is not found: %s', async (text, program) =>
  expect((await signsIn(text)).program).toBe(program),
);

test('a program that is not found may be a dependency', async () =>
  expect((await signsIn('sh: 1: jest: not found\nnpm error code 127')).dependency).toBe('not found'));

describe('a system that is only read', () => {
  test.each([
    [
      "install: cannot create regular file '/usr/local/bin/x': Read-only file system",
      'Read-only file system',
    ],
    ['npm error code EROFS\nnpm error syscall symlink', 'npm error code EROFS'],
    ["Error: EROFS: read-only file system, open '/usr/local/x'", 'EROFS'],
    [
      "npm error enoent ENOENT: no such file or directory, mkdir '/usr/lib/node_modules/semver'",
      "mkdir '/usr/lib/node_modules",
    ],
    [
      'E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?',
      'are you root?',
    ],
    [
      'file cannot create directory: /usr/local/share.  Maybe need\n  administrative privileges.',
      'administrative privileges',
    ],
    [
      'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.',
      '"no new privileges" flag',
    ],
  ])('%s', async (text, system) => expect((await signsIn(text)).system).toEqual(system));

  test('is none where a build writes in the checkout', async () =>
    expect((await signsIn("mkdir 'app/node_modules/x'\nsudo: false\n")).system).toBeUndefined());
});

test.each([
  ['fatal: not a git repository (or any of the parent directories): .git', 'repository'],
  ['error obtaining VCS status: exit status 128', 'repository'],
  ["Error: Cannot find module 'left-pad'", 'dependency'],
  ["ModuleNotFoundError: No module named 'attrs'", 'dependency'],
])('%j tells of a %s that is missed', async (text, sign) =>
  expect(Object.keys(await signsIn(text))).toEqual([sign]),
);

test.each([
  '2 tests failed',
  'skilled work',
  'ENOENT: no such file or directory',
  'key not found in map',
  '',
])('%j tells nothing', async (text) => expect(await signsIn(text)).toEqual({}));

test('words that lie across two chunks are found', async () => {
  const chunk = 65_536;
  const text = `${'-'.repeat(chunk - 10)} No space left on device ${'-'.repeat(chunk)}`;
  expect(await signsIn(text)).toEqual({ machine: 'No space left on device' });
});
