import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { usersOf, whileAlone } from '../../src/casd/alone.js';
import { addLease } from '../../src/casd/leases.js';
import { planExpiry } from '../../src/local/plan-expiry.js';
import { removeStored } from '../../src/local/remove-stored.js';
import { readStoredContents } from '../../src/local/stored-contents.js';
import { readStoredUsage } from '../../src/casd/stored-usage.js';
import { identify } from '../../src/process/identity.js';
import { digestOf } from '../../src/reapi/digest.js';
import { StoredFolder } from './stored-folder.js';

const DAY = 86_400_000;
const LIMITS = { now: Date.now(), maxAge: DAY, target: Infinity, ceiling: Infinity, remote: undefined };
const signal = new AbortController().signal;

let stored: StoredFolder;

beforeEach(() => {
  stored = new StoredFolder();
});

afterEach(() => stored[Symbol.dispose]());

async function expire(limits: Partial<typeof LIMITS>, stop = signal): Promise<void> {
  const contents = await readStoredContents(stored.folder, signal);
  await removeStored(stored.folder, contents, planExpiry(contents, { ...LIMITS, ...limits }), stop);
}

async function left() {
  const { entries, blobs } = await readStoredContents(stored.folder, signal);
  return {
    entries: entries.length,
    incomplete: entries.filter(({ complete }) => !complete).length,
    blobs: blobs.size,
  };
}

/** Results with a blob each, which nobody used for two days, more than are removed in one step; and one that is new. */
function fill(): void {
  for (let i = 0; i < 101; i++) {
    const stdoutDigest = stored.blob(`output ${i}`, Date.now() - 2 * DAY);
    stored.result(digestOf(Buffer.from(`action ${i}`)), { stdoutDigest }, Date.now() - 2 * DAY);
  }
  stored.result(digestOf(Buffer.from('new')), { stdoutDigest: stored.blob('twelve bytes') });
}

describe('removeStored', () => {
  test('removes what the plan says, and writes down for casd what is left', async () => {
    fill();
    await expire({});
    expect(await left()).toEqual({ entries: 1, incomplete: 0, blobs: 1 });
    expect(readStoredUsage(stored.folder, 1)).toEqual({ size: 12, quota: 1 });
  });

  test('leaves casd’s count as it is where nothing goes', async () => {
    stored.put('cas/disk_usage', Buffer.from('77'));
    await expire({});
    expect(readFileSync(join(stored.folder.storage, 'cas/disk_usage'), 'utf8')).toBe('77');
  });

  test.each([0, 1, 2, 3])(
    'stopped in step %d leaves no result without its blobs, and no count',
    async (steps) => {
      fill();
      stored.put('cas/disk_usage', Buffer.from('77'));
      let step = 0;
      const stop = { throwIfAborted: () => (++step > steps ? fail() : undefined) } as unknown as AbortSignal;
      await expect(expire({}, stop)).rejects.toThrow('stopped');
      const { entries, incomplete, blobs } = await left();
      expect(incomplete).toBe(0);
      expect(entries + blobs).toBeGreaterThan(2);
      expect(existsSync(join(stored.folder.storage, 'cas/disk_usage'))).toBe(false);
      await expire({});
      await expire({ target: 100 });
      expect(await left()).toEqual({ entries: 1, incomplete: 0, blobs: 1 });
    },
  );

  test('leaves on a slow disk what takes too long, and no result without its blobs', async () => {
    fill();
    const contents = await readStoredContents(stored.folder, signal);
    const plan = planExpiry(contents, LIMITS);
    expect(await removeStored(stored.folder, contents, plan, signal, 0)).toBe(101);
    expect(await left()).toEqual({ entries: 1, incomplete: 0, blobs: 102 });
    expect(readStoredUsage(stored.folder, 1)).toBeNull();
  });

  function fail(): never {
    throw new Error('stopped');
  }
});

describe('whileAlone', () => {
  const owner = identify(process.pid) ?? null;

  test('waits for nobody, and does nothing while somebody has a lease', async () => {
    await addLease(stored.folder, { id: 'mine', owner });
    const work = () => Promise.reject(new Error('never'));
    expect(await whileAlone(stored.folder, '', work, signal)).toEqual({ users: [{ id: 'mine', owner }] });
  });

  test('minds no daemon that was kept and has ended', async () => {
    await addLease(stored.folder, { id: 'kept', owner: null });
    expect(await usersOf(stored.folder)).toEqual([]);
    expect(await whileAlone(stored.folder, '', () => Promise.resolve('did'), signal)).toEqual({
      done: 'did',
    });
  });
});
