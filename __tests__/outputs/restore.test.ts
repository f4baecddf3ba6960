import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PlannedOutput } from '../../src/outputs/plan.js';
import { type RestoreRequest, restoreOutputs } from '../../src/outputs/restore.js';
import { scratchName } from '../../src/process/scratch-name.js';
import { digestOf } from '../../src/reapi/digest.js';
import type { TreeNode } from '../../src/reapi/merkle.js';

let workspace: string;
let memory: string;
const signal = new AbortController().signal;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'restore-'));
  memory = mkdtempSync(join(tmpdir(), 'brought-'));
});

afterEach(() => {
  rmSync(workspace, { recursive: true });
  rmSync(memory, { recursive: true });
});

const write = (path: string, content: string) => {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), content);
};
const folder = (path: string): TreeNode => ({ kind: 'directory', path });
const content = (path: string) => readFileSync(join(workspace, path), 'utf8');
const everything = () => readdirSync(workspace, { recursive: true }).map(String).sort();

const known = digestOf(Buffer.from('x'));
/** Every blob but this one holds the name of its hash. */
const blobs: Pick<RestoreRequest, 'fetchFiles'> = {
  fetchFiles: async (files) => {
    for (const { path, digest, mode } of files) {
      const content = digest.hash === known.hash ? 'x' : digest.hash;
      await writeFile(path, content, { mode, flag: 'wx' });
    }
  },
};
/** As it is after `write(path, 'x')`. */
const fileOf = (path: string): TreeNode => ({ kind: 'file', path, digest: known, executable: false });
const broken: Pick<RestoreRequest, 'fetchFiles'> = {
  fetchFiles: () => Promise.reject(new Error('the blob is gone')),
};

const digest = digestOf(Buffer.from('anything'));
const file = (path: string, executable = false): TreeNode => ({ kind: 'file', path, digest, executable });

function output(path: string, kind: PlannedOutput['kind'], nodes: readonly TreeNode[]): PlannedOutput {
  return { path, kind, digest, size: 0, executable: false, nodes };
}

interface Options {
  readonly inputs?: readonly TreeNode[];
  readonly source?: Pick<RestoreRequest, 'fetchFiles'>;
  readonly until?: AbortSignal;
}

const restore = (
  planned: readonly PlannedOutput[],
  { inputs = [], source = blobs, until = signal }: Options = {},
) => restoreOutputs({ planned, workspace, workingDirectory: '', inputs, memory, ...source }, until);

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

  test('replaces what stands there', async () => {
    mkdirSync(join(workspace, 'app'));
    write('logs', 'old');
    symlinkSync('/etc/passwd', join(workspace, 'link'));
    await restore([
      output('app', 'file', [file('app')]),
      output('logs', 'directory', [folder('logs'), file('logs/a')]),
      output('link', 'file', [file('link')]),
    ]);
    expect(lstatSync(join(workspace, 'app')).isFile()).toBe(true);
    expect(lstatSync(join(workspace, 'link')).isFile()).toBe(true);
    expect(everything()).toEqual(['app', 'link', 'logs', 'logs/a']);
  });

  test('replaces nothing and leaves nothing when a blob is missing', async () => {
    writeFileSync(join(workspace, 'app'), 'old');
    const planned = [
      output('app', 'file', [file('app')]),
      output('new/deep/x', 'file', [file('new/deep/x')]),
    ];
    await expect(restore(planned, { source: broken })).rejects.toThrow('the blob is gone');
    expect(readFileSync(join(workspace, 'app'), 'utf8')).toBe('old');
    expect(readdirSync(workspace)).toEqual(['app']);
  });

  test('replaces nothing when it is aborted at the last moment', async () => {
    writeFileSync(join(workspace, 'app'), 'old');
    const abort = new AbortController();
    const late: Pick<RestoreRequest, 'fetchFiles'> = {
      fetchFiles: async (files) => {
        await blobs.fetchFiles(files, signal);
        abort.abort(new Error('cancelled'));
      },
    };
    const planned = [output('app', 'file', [file('app')])];
    await expect(restore(planned, { source: late, until: abort.signal })).rejects.toThrow('cancelled');
    expect(readFileSync(join(workspace, 'app'), 'utf8')).toBe('old');
    expect(readdirSync(workspace)).toEqual(['app']);
  });

  test.each(['outside', 'inside', '.git'])('writes through no symlink, leading %s', async (where) => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      const led = where === 'outside' ? outside : join(workspace, where);
      mkdirSync(led, { recursive: true });
      symlinkSync(where === 'outside' ? outside : where, join(workspace, 'build'));
      for (const path of ['build/app', 'build/a/b']) {
        await expect(restore([output(path, 'file', [file(path)])])).rejects.toThrow(
          /lies below build, which is a symlink/,
        );
      }
      expect(readdirSync(led)).toEqual([]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test('writes through no symlink that comes while the blobs are fetched', async () => {
    mkdirSync(join(workspace, 'build'));
    mkdirSync(join(workspace, 'other'));
    const slow: Pick<RestoreRequest, 'fetchFiles'> = {
      fetchFiles: async (files) => {
        await blobs.fetchFiles(files, signal);
        renameSync(join(workspace, 'build'), join(workspace, 'moved'));
        symlinkSync('other', join(workspace, 'build'));
      },
    };
    await expect(
      restore([output('build/app', 'file', [file('build/app')])], { source: slow }),
    ).rejects.toThrow(/lies below build, which is a symlink/);
    expect(readdirSync(join(workspace, 'other'))).toEqual([]);
  });

  test('names the place when it cannot write there', async () => {
    write('build', 'a file');
    await expect(restore([output('build/app', 'file', [file('build/app')])])).rejects.toThrow(
      /could not write the outputs: .*build/,
    );
    expect(existsSync(join(workspace, 'build/app'))).toBe(false);
  });
});

describe('what stands in a folder output and is not in the result', () => {
  const site = (...paths: readonly string[]) => [
    output('site', 'directory', [folder('site'), ...paths.map((path) => file(`site/${path}`))]),
  ];

  test('stays where nobody knows it, and is told', async () => {
    write('site/notes', 'mine');
    write('site/deep/er/notes', 'mine');
    mkdirSync(join(workspace, 'site/empty'));
    const { kept } = await restore(site('page'));
    expect([...kept].sort()).toEqual(['site/deep/er/notes', 'site/empty', 'site/notes']);
    expect(everything()).toEqual(
      [
        'site',
        'site/deep',
        'site/deep/er',
        'site/deep/er/notes',
        'site/empty',
        'site/notes',
        'site/page',
      ].sort(),
    );
    expect(content('site/page')).toBe(digest.hash);
  });

  test('goes where an earlier run brought it, with its folders', async () => {
    await restore([
      output('site', 'directory', [
        folder('site'),
        file('site/page'),
        folder('site/old'),
        fileOf('site/old/x'),
      ]),
    ]);
    write('site/notes', 'mine');
    expect((await restore(site('page'))).kept).toEqual(['site/notes']);
    expect(everything()).toEqual(['site', 'site/notes', 'site/page']);
  });

  test('stays where it was changed since it was brought', async () => {
    await restore([output('site', 'directory', [folder('site'), fileOf('site/a'), fileOf('site/b')])]);
    write('site/b', 'edited');
    expect((await restore(site('page'))).kept).toEqual(['site/b']);
    expect(everything()).toEqual(['site', 'site/b', 'site/page']);
    // From then on it is not ours, whatever it holds.
    write('site/b', 'x');
    expect((await restore(site('page'))).kept).toEqual(['site/b']);
  });

  test('goes where the build had it and removed it, unless it was changed meanwhile', async () => {
    write('site/gone', 'x');
    write('site/edited', 'edited');
    const inputs = [fileOf('site/gone'), fileOf('site/edited')];
    const { kept, removed } = await restore(site('page'), { inputs });
    expect([kept, removed]).toEqual([['site/edited'], ['site/gone']]);
    expect(everything()).toEqual(['site', 'site/edited', 'site/page']);
  });

  test('is not deleted for a file to take its folder’s place', async () => {
    write('site/notes', 'mine');
    await expect(restore([output('site', 'file', [file('site')])])).rejects.toThrow(
      /has a file where .*notes/,
    );
    write('other/site/notes', 'mine');
    const planned = [output('other', 'directory', [folder('other'), file('other/site')])];
    await expect(restore(planned)).rejects.toThrow(/has a file where .*notes/);
    expect(everything()).toEqual(['other', 'other/site', 'other/site/notes', 'site', 'site/notes']);
  });

  test('an input that is an output itself, and was left as it was, stays', async () => {
    write('site', 'x');
    await restore([output('site', 'file', [fileOf('site')])], { inputs: [fileOf('site')] });
    expect([everything(), content('site')]).toEqual([['site'], 'x']);
  });

  test('an input that the build left as it was is not written again', async () => {
    write('site/page', 'edited meanwhile');
    await restore([output('site', 'directory', [folder('site'), fileOf('site/page'), file('site/new')])], {
      inputs: [fileOf('site/page')],
    });
    expect(content('site/page')).toBe('edited meanwhile');
    expect(content('site/new')).toBe(digest.hash);
  });
});

describe('places where a rename does not do', () => {
  test('a read-only folder is written all the same', async () => {
    write('site/sub/old', 'mine');
    for (const path of ['site/sub', 'site']) chmodSync(join(workspace, path), 0o555);
    const planned = [
      output('site', 'directory', [folder('site'), file('site/a'), folder('site/sub'), file('site/sub/b')]),
    ];
    await restore(planned);
    expect(everything()).toEqual(['site', 'site/a', 'site/sub', 'site/sub/b', 'site/sub/old']);
  });

  test('what a run that died left is removed, what a living one uses stays', async () => {
    const name = scratchName();
    const dead = name.replace(/-\d+-/, '-999999999-');
    mkdirSync(join(workspace, dead, 'x'), { recursive: true });
    mkdirSync(join(workspace, 'site', dead), { recursive: true });
    mkdirSync(join(workspace, name));
    await restore([output('site', 'directory', [folder('site'), file('site/a')])]);
    expect(everything()).toEqual([name, 'site', 'site/a'].sort());
  });

  test('all is put back where one of them cannot be written, and nothing is left', async () => {
    write('a/old', 'old');
    write('a/mine', 'mine');
    write('b', 'old');
    const planned = [
      output('a', 'directory', [folder('a'), file('a/old'), file('a/new')]),
      output('b', 'file', [file('b')]),
    ];
    const vanishing: Pick<RestoreRequest, 'fetchFiles'> = {
      fetchFiles: async (files) => {
        await blobs.fetchFiles(files, signal);
        rmSync(files.at(-1)?.path ?? ''); // So the last step fails, when all others were taken.
      },
    };
    await expect(restore(planned, { source: vanishing })).rejects.toMatchObject({
      name: 'Fault',
      remedy: expect.stringContaining('Nothing was replaced') as unknown,
    });
    expect(everything()).toEqual(['a', 'a/mine', 'a/old', 'b']);
    expect([content('a/old'), content('a/mine'), content('b')]).toEqual(['old', 'mine', 'old']);
  });
});
