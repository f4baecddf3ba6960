import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { folderError } from '../../../../src/packs/transport/folder/folder-access.js';
import { folderTransport } from '../../../../src/packs/transport/folder/folder-transport.js';
import { publishWithoutLinks } from '../../../../src/packs/transport/folder/folder-store.js';

const never = new AbortController().signal;
/** More bytes than anything here has. */
const MOST = 1e9;
let scratch: string;
let folder: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'folder-transport-'));
  folder = join(scratch, 'kept', 'objects');
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

async function file(content: string, name = 'source'): Promise<string> {
  await writeFile(join(scratch, name), content, { mode: 0o600 });
  return join(scratch, name);
}

function target(name = 'fetched'): string {
  return join(scratch, name);
}

async function agePast(key: string, hours: number): Promise<void> {
  const time = Date.now() / 1000 - hours * 3600 - 60;
  await utimes(join(folder, key), time, time);
}

describe('objects', () => {
  test('are stored, found and fetched, by whoever may enter the folder', async () => {
    const transport = folderTransport(folder);
    expect(transport.access).toEqual({ read: true, write: true, why: null });
    expect(await transport.has('a-1', never)).toBe(false);
    expect(await transport.store('a-1', await file('one'), never)).toBe('stored');
    expect(await transport.has('a-1', never)).toBe(true);
    expect(await transport.fetch('a-1', target(), MOST, never)).toEqual({ key: 'a-1', bytes: 3 });
    expect(await readFile(target(), 'utf8')).toBe('one');
    expect((await stat(join(folder, 'a-1'))).mode & 0o777).toBe(0o644);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual(['a-1']);
  });

  test('never change', async () => {
    const transport = folderTransport(folder);
    await transport.store('a-1', await file('one'), never);
    expect(await transport.store('a-1', await file('two'), never)).toBe('taken');
    expect(await readFile(join(folder, 'a-1'), 'utf8')).toBe('one');
  });

  test('are files: what else has such a name is passed over, and nobody waits for a pipe', async () => {
    const transport = folderTransport(folder);
    await transport.store('a-1', await file('one'), never);
    await mkdir(join(folder, 'a-2'));
    await symlink('/dev/zero', join(folder, 'a-3'));
    await symlink('a-1', join(folder, 'a-4'));
    execFileSync('mkfifo', [join(folder, 'a-5')]);
    for (const name of ['a-1.bak', 'a-1.sync-conflict-20260701', 'a-6~'])
      await writeFile(join(folder, name), '');
    expect(await transport.fetchNewest('a-', target(), MOST, never)).toEqual({ key: 'a-1', bytes: 3 });
    for (const key of ['a-2', 'a-3', 'a-4', 'a-5']) {
      expect(await transport.has(key, never)).toBe(false);
      expect(await transport.fetch(key, target('other'), MOST, never)).toBeUndefined();
      expect(await transport.store(key, join(scratch, 'source'), never)).toBe('taken');
    }
    expect(existsSync(target('other'))).toBe(false);
  });

  test('are the newest by their key', async () => {
    const transport = folderTransport(folder);
    expect(await transport.fetchNewest('a-', target(), MOST, never)).toBeUndefined();
    for (const key of ['a-00000009', 'a-00000010', 'b-99999999'])
      await transport.store(key, await file(key), never);
    await writeFile(join(folder, 'a-00000011 (copy)'), 'of a person');
    expect(await transport.fetchNewest('a-', target(), MOST, never)).toEqual({
      key: 'a-00000010',
      bytes: 10,
    });
    expect(await readFile(target(), 'utf8')).toBe('a-00000010');
  });

  test('that are larger than they may be are not copied, and nobody waits for their end', async () => {
    const transport = folderTransport(folder);
    for (const key of ['a-1', 'a-2']) await transport.store(key, await file('four'), never);
    // No disk has so much: to copy it is to fill one.
    await truncate(join(folder, 'a-2'), 2 ** 42);
    const tooLarge = { name: 'OversizedObject', key: 'a-2', most: 4 };
    await expect(transport.fetch('a-2', target(), 4, never)).rejects.toMatchObject(tooLarge);
    await expect(transport.fetchNewest('a-', target(), 4, never)).rejects.toMatchObject(tooLarge);
    expect(existsSync(target())).toBe(false);
    expect(await transport.fetch('a-1', target(), 4, never)).toEqual({ key: 'a-1', bytes: 4 });
    await expect(transport.fetch('a-1', target('other'), 3, never)).rejects.toMatchObject({ key: 'a-1' });
    expect(existsSync(target('other'))).toBe(false);
  });

  test('that are not there are nothing, and leave nothing', async () => {
    const transport = folderTransport(folder);
    await transport.store('a-10', await file('x'), never);
    expect(await transport.fetch('a-1', target(), MOST, never)).toBeUndefined();
    expect(existsSync(target())).toBe(false);
  });

  test('that come just now are there or not, and nothing else', async () => {
    const transport = folderTransport(folder);
    await mkdir(folder, { recursive: true });
    const source = await file('content');
    for (let number = 0; number < 50; number++) {
      const key = `a-${number}`;
      const fetching = transport.fetch(key, target(key), MOST, never);
      await setImmediate();
      await link(source, join(folder, key));
      const object = await fetching;
      expect(['not yet', 7]).toContain(object?.bytes ?? 'not yet');
      expect(existsSync(target(key))).toBe(object !== undefined);
    }
  });

  test('have one writer among many', async () => {
    const contents = Array.from({ length: 12 }, (_, index) => `content ${index}`.repeat(1000));
    const outcomes = await Promise.all(
      contents.map(async (content, index) =>
        folderTransport(folder).store('a-1', await file(content, `source-${index}`), never),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(1);
    expect(await readFile(join(folder, 'a-1'), 'utf8')).toBe(contents[outcomes.indexOf('stored')]);
    expect(await readdir(folder)).toEqual(['a-1']);
  });

  test('have one writer without hard links as well', async () => {
    const first = await file('one', 'first');
    const second = await file('two', 'second');
    const outcomes = await Promise.all(
      [first, second].map((source) => publishWithoutLinks(source, target())),
    );
    expect(outcomes.toSorted()).toEqual(['stored', 'taken']);
    expect(await readFile(target(), 'utf8')).toBe(outcomes[0] === 'stored' ? 'one' : 'two');
  });

  test('without hard links are not left in half', async () => {
    await expect(publishWithoutLinks(join(scratch, 'none'), target())).rejects.toThrow('ENOENT');
    expect(existsSync(target())).toBe(false);
  });
});

describe('keys', () => {
  test.each(['../a', '/etc/passwd', '.', '..', '.tmp-x', 'a/b', '', 'a\0b', 'x'.repeat(256)])(
    '%j leads nowhere',
    async (key) => {
      const transport = folderTransport(folder);
      const source = await file('x');
      const error = {
        name: 'TransportError',
        kind: 'failed',
        message: expect.stringContaining("a file's name"),
      };
      await expect(transport.store(key, source, never)).rejects.toMatchObject(error);
      await expect(transport.fetch(key, target(), MOST, never)).rejects.toMatchObject(error);
      await expect(transport.has(key, never)).rejects.toMatchObject(error);
      expect(existsSync(folder)).toBe(false);
    },
  );

  test('as a prefix find no other file', async () => {
    const transport = folderTransport(folder);
    await transport.store('a', await file('x'), never);
    await writeFile(join(folder, '..', 'outside'), 'x');
    expect(await transport.fetchNewest('../', target(), MOST, never)).toBeUndefined();
  });
});

describe('a sweep', () => {
  test('removes what is old, not kept, and of the prefix', async () => {
    const transport = folderTransport(folder);
    for (const key of ['p-old', 'p-kept', 'p-young', 'q-old'])
      await transport.store(key, await file('12345'), never);
    for (const key of ['p-old', 'p-kept', 'q-old']) await agePast(key, 1);
    expect(await transport.sweep?.('p-', new Set(['p-kept']), never)).toEqual({ objects: 1, bytes: 5 });
    expect((await readdir(folder)).sort()).toEqual(['p-kept', 'p-young', 'q-old']);
  });

  test('removes what killed writers left a day ago, and nobody else', async () => {
    const transport = folderTransport(folder);
    await mkdir(folder, { recursive: true });
    for (const name of ['.tmp-old', '.tmp-young', '.hidden']) await writeFile(join(folder, name), 'x');
    await agePast('.tmp-old', 24);
    await agePast('.tmp-young', 23);
    await agePast('.hidden', 1000);
    expect(await transport.sweep?.('', new Set(), never)).toEqual({ objects: 0, bytes: 0 });
    expect((await readdir(folder)).sort()).toEqual(['.hidden', '.tmp-young']);
  });

  test('finds nothing where nothing was stored', async () => {
    expect(await folderTransport(folder).sweep?.('p-', new Set(), never)).toEqual({ objects: 0, bytes: 0 });
  });
});

describe('what goes wrong', () => {
  test('a file in the way', async () => {
    const path = await file('x', 'in-the-way');
    expect(folderTransport(path).access).toEqual({ read: false, write: false, why: `${path} is no folder` });
    const inside = folderTransport(join(path, 'below'));
    expect(inside.access).toMatchObject({ read: false, write: false });
    const denied = { name: 'TransportError', kind: 'denied' };
    await expect(inside.store('a', path, never)).rejects.toMatchObject(denied);
    await expect(inside.fetch('a', target(), MOST, never)).rejects.toMatchObject(denied);
  });

  test('a folder that may not be written is read', async () => {
    await folderTransport(folder).store('a', await file('x'), never);
    await chmod(folder, 0o555);
    // Root may write all the same, but not where the kernel itself keeps the files.
    const readOnly = process.getuid?.() === 0 ? '/proc/self' : folder;
    const transport = folderTransport(readOnly);
    expect(transport.access).toMatchObject({ read: true, write: false });
    expect(transport.access.why).toMatch(/cannot be written \((EACCES|EPERM)\)/);
    await expect(transport.store('b', await file('x'), never)).rejects.toMatchObject({ kind: 'denied' });
    await chmod(folder, 0o700);
  });

  test.each([
    ['ENOSPC', 'failed', 'no space is left (ENOSPC)'],
    ['EDQUOT', 'failed', "the user's quota is used up (EDQUOT)"],
    ['EROFS', 'denied', 'the file system is read-only (EROFS)'],
    ['EACCES', 'denied', 'this user may not (EACCES)'],
    ['EIO', 'failed', 'EIO: i/o error'],
  ])('%s is said in one line', (code, kind, words) => {
    const cause = Object.assign(new Error(`${code}: i/o error`), { code });
    const error = folderError('/srv/cache', 'could not store a', cause);
    expect(error).toMatchObject({
      kind,
      message: `the folder /srv/cache: could not store a: ${words}`,
      cause,
    });
  });

  test('a source that is not there stores nothing', async () => {
    const transport = folderTransport(folder);
    await expect(transport.store('b', join(scratch, 'none'), never)).rejects.toMatchObject({
      name: 'TransportError',
      kind: 'failed',
      message: expect.stringMatching(/^the folder .*: could not store b: ENOENT/),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  test('a target that is there is left alone', async () => {
    const transport = folderTransport(folder);
    await transport.store('a', await file('content'), never);
    await writeFile(target(), 'mine');
    await expect(transport.fetch('a', target(), MOST, never)).rejects.toMatchObject({ kind: 'failed' });
    expect(await readFile(target(), 'utf8')).toBe('mine');
  });

  test('an abort is the caller’s own reason, and stores nothing', async () => {
    const transport = folderTransport(folder);
    const source = await file('x');
    const reason = new Error('enough');
    await expect(transport.store('a', source, AbortSignal.abort(reason))).rejects.toBe(reason);
    await expect(transport.fetchNewest('a', target(), MOST, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(existsSync(folder)).toBe(false);
  });

  test('an abort does not wait for a share that hangs', async () => {
    // Opening a pipe that nobody writes to blocks, as a dead NFS server does.
    const pipe = join(scratch, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const abort = new AbortController();
    const storing = folderTransport(folder).store('a', pipe, abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(storing).rejects.toThrow('enough');
    await writeFile(pipe, ''); // Lets the copy, and with it the test, end.
  });
});
