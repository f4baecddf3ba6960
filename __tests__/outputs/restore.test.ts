import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PlannedOutput } from '../../src/outputs/plan.js';
import { type BlobSource, restoreOutputs } from '../../src/outputs/restore.js';
import { digestOf } from '../../src/reapi/digest.js';
import type { TreeNode } from '../../src/reapi/merkle.js';

let workspace: string;
const signal = new AbortController().signal;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'restore-'));
});

afterEach(() => rmSync(workspace, { recursive: true }));

/** Every blob holds the name of its hash. */
const blobs: BlobSource = {
  fetchFiles: async (files) => {
    for (const { path, digest, mode } of files) await writeFile(path, digest.hash, { mode, flag: 'wx' });
  },
};
const broken: BlobSource = { fetchFiles: () => Promise.reject(new Error('the blob is gone')) };

const digest = digestOf(Buffer.from('x'));
const file = (path: string, executable = false): TreeNode => ({ kind: 'file', path, digest, executable });

function output(path: string, kind: PlannedOutput['kind'], nodes: readonly TreeNode[]): PlannedOutput {
  return { path, kind, digest, size: 0, executable: false, nodes };
}

const restore = (planned: readonly PlannedOutput[], source = blobs) =>
  restoreOutputs(planned, workspace, workspace, source, signal);

describe('restoreOutputs', () => {
  test('writes files, folders and symlinks, with their executable bits', async () => {
    await restore([
      output('build/app', 'file', [file('build/app', true)]),
      output('logs', 'directory', [
        { kind: 'directory', path: 'logs' },
        { kind: 'directory', path: 'logs/empty' },
        file('logs/a'),
        { kind: 'symlink', path: 'logs/b', target: 'a' },
      ]),
      output('latest', 'symlink', [{ kind: 'symlink', path: 'latest', target: 'build/app' }]),
    ]);
    expect(lstatSync(join(workspace, 'build/app')).mode & 0o111).not.toBe(0);
    expect(lstatSync(join(workspace, 'logs/a')).mode & 0o111).toBe(0);
    expect(readFileSync(join(workspace, 'latest'), 'utf8')).toBe(digest.hash);
    expect(readlinkSync(join(workspace, 'logs/b'))).toBe('a');
    expect(readdirSync(workspace).sort()).toEqual(['build', 'latest', 'logs']);
    expect(readdirSync(join(workspace, 'logs')).sort()).toEqual(['a', 'b', 'empty']);
  });

  test('replaces what stood there, whatever it was', async () => {
    mkdirSync(join(workspace, 'app'));
    writeFileSync(join(workspace, 'app/old'), 'old');
    writeFileSync(join(workspace, 'logs'), 'old');
    symlinkSync('/etc/passwd', join(workspace, 'link'));
    await restore([
      output('app', 'file', [file('app')]),
      output('logs', 'directory', [{ kind: 'directory', path: 'logs' }, file('logs/a')]),
      output('link', 'file', [file('link')]),
    ]);
    expect(lstatSync(join(workspace, 'app')).isFile()).toBe(true);
    expect(readdirSync(join(workspace, 'logs'))).toEqual(['a']);
    expect(lstatSync(join(workspace, 'link')).isFile()).toBe(true);
    expect(readdirSync(workspace).sort()).toEqual(['app', 'link', 'logs']);
  });

  test('replaces nothing and leaves nothing when a blob is missing', async () => {
    writeFileSync(join(workspace, 'app'), 'old');
    const planned = [
      output('app', 'file', [file('app')]),
      output('new/deep/x', 'file', [file('new/deep/x')]),
    ];
    await expect(restore(planned, broken)).rejects.toThrow('the blob is gone');
    expect(readFileSync(join(workspace, 'app'), 'utf8')).toBe('old');
    expect(readdirSync(workspace)).toEqual(['app']);
  });

  test('replaces nothing when it is aborted at the last moment', async () => {
    writeFileSync(join(workspace, 'app'), 'old');
    const abort = new AbortController();
    const late: BlobSource = {
      fetchFiles: async (files) => {
        await blobs.fetchFiles(files, signal);
        abort.abort(new Error('cancelled'));
      },
    };
    await expect(
      restoreOutputs([output('app', 'file', [file('app')])], workspace, workspace, late, abort.signal),
    ).rejects.toThrow('cancelled');
    expect(readFileSync(join(workspace, 'app'), 'utf8')).toBe('old');
    expect(readdirSync(workspace)).toEqual(['app']);
  });

  test('does not write through a symlink that leads out of the workspace', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      symlinkSync(outside, join(workspace, 'build'));
      await expect(restore([output('build/app', 'file', [file('build/app')])])).rejects.toThrow(
        'outside the workspace',
      );
      await expect(restore([output('build/a/b', 'file', [file('build/a/b')])])).rejects.toThrow(
        'outside the workspace',
      );
      expect(readdirSync(outside)).toEqual([]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test('names the place when it cannot write there', async () => {
    writeFileSync(join(workspace, 'build'), 'a file');
    await expect(restore([output('build/app', 'file', [file('build/app')])])).rejects.toThrow(
      /could not write the outputs: .*build/,
    );
    expect(existsSync(join(workspace, 'build/app'))).toBe(false);
  });
});
