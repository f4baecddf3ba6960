import { describe, expect, test } from '@jest/globals';
import { type ExpiryLimits, planExpiry, type RemotePresence } from '../../src/local/plan-expiry.js';
import type { StoredContents, StoredEntry } from '../../src/local/stored-contents.js';
import type { StoredObject } from '../../src/local/walk-objects.js';

const DAY = 86_400_000;
const NOW = 1_000 * DAY;

/** Blobs of 100 bytes; entries of 1 byte, by name: days since their use, and the blobs that they need. */
interface Folder {
  readonly entries: Readonly<Record<string, readonly [days: number, ...blobs: string[]]>>;
  /** Blobs that are there beside those of the entries, by days since their use. */
  readonly dead?: Readonly<Record<string, number>>;
  readonly missing?: readonly string[];
}

function contents({ entries, dead = {}, missing = [] }: Folder): StoredContents {
  const object = (hash: string, size: number, days: number): StoredObject => ({
    hash,
    path: `/${hash}`,
    size,
    usedAt: NOW - days * DAY,
  });
  const blobs = new Map<string, StoredObject>();
  for (const [days, ...names] of Object.values(entries)) {
    for (const name of names) if (!missing.includes(name)) blobs.set(name, object(name, 100, days));
  }
  for (const [name, days] of Object.entries(dead)) blobs.set(name, object(name, 100, days));
  return {
    blobs,
    entries: Object.entries(entries).map(([name, [days, ...names]]): StoredEntry => ({
      ...object(name, 1, days),
      blobs: names.map((hash) => ({ hash, sizeBytes: 100 })),
      complete: names.every((hash) => blobs.has(hash)),
      origin: null,
      recipe: [],
    })),
  };
}

function remote(
  presence: Readonly<Record<string, RemotePresence>>,
  mayPush: boolean,
): ExpiryLimits['remote'] {
  return { presence: new Map(Object.entries(presence)), mayPush };
}

function plan(folder: Folder, limits: Partial<ExpiryLimits>) {
  const { before, after, entries, blobs } = planExpiry(contents(folder), {
    now: NOW,
    maxAge: 14 * DAY,
    target: Infinity,
    ceiling: Infinity,
    remote: undefined,
    ...limits,
  });
  return {
    before,
    after,
    fates: Object.fromEntries(entries.map(({ entry, fate }) => [entry.hash, fate.why])),
    blobs: Object.fromEntries(blobs.map(({ blob, why }) => [blob.hash, why])),
  };
}

const THREE: Folder = { entries: { old: [3, 'a'], middle: [2, 'b'], new: [1, 'c'] } };

describe('planExpiry', () => {
  test.each<[string, Folder, Partial<ExpiryLimits>, Partial<ReturnType<typeof plan>>]>([
    ['nothing of nothing', { entries: {} }, { target: 0 }, { before: 0, after: 0, fates: {}, blobs: {} }],
    ['nothing where there is room', THREE, { target: 303 }, { after: 303, blobs: {} }],
    [
      'what nobody used for long, and what only it needed',
      { entries: { old: [15, 'a', 'shared'], new: [1, 'b', 'shared'] } },
      {},
      { after: 201, fates: { old: 'unused', new: 'fits' }, blobs: { a: 'with-result' } },
    ],
    [
      'blobs of no result, by age',
      { entries: { new: [1, 'a'] }, dead: { stale: 20, fresh: 2 } },
      {},
      { fates: { new: 'fits' }, blobs: { stale: 'unused' } },
    ],
    [
      'a result that lacks something, whatever its age',
      { entries: { broken: [0, 'a', 'b'], new: [1, 'b'] }, missing: ['a'] },
      {},
      { fates: { broken: 'incomplete', new: 'fits' }, blobs: {} },
    ],
    [
      'dead blobs before any result, the longest unused first',
      { entries: { old: [3, 'a'], new: [1, 'b'] }, dead: { x: 1, y: 2 } },
      { target: 350 },
      { after: 302, blobs: { y: 'space' } },
    ],
    [
      'then the oldest results, down to the target',
      THREE,
      { target: 210 },
      { after: 202, fates: { old: 'space', middle: 'fits', new: 'fits' } },
    ],
    [
      'but never the newest result',
      THREE,
      { target: 0 },
      { after: 101, fates: { old: 'space', middle: 'space', new: 'newest' } },
    ],
    [
      'with a remote first what it has, though it be newer',
      THREE,
      { target: 210, remote: remote({ old: 'lacks', middle: 'has', new: 'has' }, true) },
      { after: 202, fates: { old: 'fits', middle: 'remote-has', new: 'fits' } },
    ],
    [
      'then what it can be given',
      THREE,
      { target: 110, remote: remote({ old: 'lacks', middle: 'has', new: 'has' }, true) },
      { after: 101, fates: { old: 'pushed', middle: 'remote-has', new: 'fits' } },
    ],
    [
      'not what it may not be given, as long as that is below the ceiling',
      THREE,
      { target: 110, ceiling: 202, remote: remote({ old: 'lacks', middle: 'has', new: 'lacks' }, false) },
      { after: 202, fates: { old: 'only-here', middle: 'remote-has', new: 'newest' } },
    ],
    [
      'above the ceiling that too, the oldest first',
      THREE,
      { target: 110, ceiling: 210, remote: remote({ old: 'lacks', middle: 'refused', new: 'lacks' }, false) },
      { after: 202, fates: { old: 'over-quota', middle: 'only-here', new: 'newest' } },
    ],
    [
      'not what it is not to be given, but to stay below the ceiling',
      THREE,
      {
        target: 110,
        ceiling: 900,
        remote: remote({ old: 'withheld', middle: 'pushed', new: 'lacks' }, true),
      },
      { after: 202, fates: { old: 'withheld', middle: 'pushed', new: 'newest' } },
    ],
    [
      'not what it refused, though it may be given results',
      THREE,
      { target: 110, ceiling: 900, remote: remote({ old: 'refused', middle: 'pushed', new: 'lacks' }, true) },
      { after: 202, fates: { old: 'only-here', middle: 'pushed', new: 'newest' } },
    ],
    [
      'nothing that it was not asked for',
      THREE,
      { target: 0, ceiling: 0, remote: remote({}, true) },
      { after: 303, fates: { old: 'fits', middle: 'fits', new: 'newest' } },
    ],
    [
      'a shared blob only with the last that needs it',
      { entries: { old: [3, 'a', 's'], middle: [2, 'b', 's'], new: [1, 'c'] } },
      { target: 150 },
      { after: 101, blobs: { a: 'with-result', b: 'with-result', s: 'with-result' } },
    ],
    [
      'nothing for a clock that is an hour off',
      { entries: { future: [-1 / 24, 'a'], edge: [14 - 1 / 24, 'b'] }, dead: { ahead: -30 } },
      {},
      { fates: { future: 'fits', edge: 'fits' }, blobs: {} },
    ],
  ])('lets go of %s', (_, folder, limits, wanted) => {
    expect(plan(folder, limits)).toMatchObject(wanted);
  });

  test('frees exactly what it says', () => {
    const { before, after, entries, blobs } = planExpiry(contents({ ...THREE, dead: { x: 20 } }), {
      now: NOW,
      maxAge: 14 * DAY,
      target: 210,
      ceiling: Infinity,
      remote: undefined,
    });
    const byResults = entries.reduce((sum, { frees }) => sum + frees, 0);
    const dead = blobs.filter(({ why }) => why !== 'with-result');
    expect(byResults + dead.reduce((sum, { blob }) => sum + blob.size, 0)).toBe(before - after);
  });

  test('is quick with a hundred thousand blobs', () => {
    const entries = Object.fromEntries(
      Array.from({ length: 1000 }, (_, entry): [string, [number, ...string[]]] => [
        `entry ${entry}`,
        [entry % 20, ...Array.from({ length: 100 }, (_, blob) => `${entry} ${blob}`)],
      ]),
    );
    expect(Object.keys(plan({ entries }, { target: 1_000_100 }).blobs)).toHaveLength(90_000);
  });
});
