import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { lockFolder } from '../../src/casd/lock.js';

let folder: string;
const signal = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('lockFolder', () => {
  test('lets one in at a time, and everybody in the end', async () => {
    let inside = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        await using _ = await lockFolder(folder, signal);
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setTimeout(resolve, 3));
        inside--;
      }),
    );
    expect(most).toBe(1);
  });

  test('is free again when its holder was killed', async () => {
    const { dev, ino } = statSync(folder);
    const holder = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen('\\0buildbox-action ${dev} ${ino}', () => console.log('held'))`,
    ]);
    await once(holder.stdout, 'data');
    const lock = lockFolder(folder, signal);
    expect(await Promise.race([lock, new Promise((resolve) => setTimeout(resolve, 100, 'waits'))])).toBe(
      'waits',
    );
    holder.kill('SIGKILL');
    await (await lock)[Symbol.asyncDispose]();
  });

  test('waits no longer than it is wanted', async () => {
    await using _ = await lockFolder(folder, signal);
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(lockFolder(folder, abort.signal)).rejects.toThrow('enough');
  });
});
