import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CacheFault, CacheMethod, CacheService } from '../packs/cache-service.js';
import { KeptBuilder } from './kept-builder.js';
import { newestIndex } from './kept-objects.js';
import { KeptStage } from './kept-stage.js';
import { sideBySide } from './side-by-side.js';

let builder: KeptBuilder;
let before: KeptStage;

beforeAll(async () => {
  builder = await KeptBuilder.build({
    // Large enough that what is flipped in the middle of an archive is none of its padding.
    kept: 'seq 1 50000 > out; cat in.txt >> out',
    new: 'head -c 300000 /dev/urandom > out',
    newer: 'head -c 10000 /dev/urandom > out',
  });
  before = await KeptStage.open('github');
  await builder.furnish(before, 'first', { built: ['kept'] });
  expect((await before.save('first')).log).toContain('saved 1 result');
});
afterAll(async () => {
  await before.close();
  await builder.close();
});

/** A service of its own, so that rows can wait side by side. */
async function onStage(
  timeLimit: string,
  play: (stage: KeptStage, service: CacheService) => Promise<void>,
): Promise<void> {
  const stage = await KeptStage.open('github', { like: before, timeLimit });
  try {
    await play(stage, stage.scene.service);
  } finally {
    await stage.close();
  }
}

const PATIENT = { environment: { 'INPUT_CACHE-TIME-LIMIT': '30s' } };
const HIT = { result: 'hit', warnings: [] };

/** One line, and nothing of a stack or an address. */
const oneLine = (words: RegExp) =>
  expect.stringMatching(new RegExp(`^(?!.*(    at |sig=|http:))[^\n]*(${words.source})[^\n]*$`));

const LOOK = 'GetCacheEntryDownloadURL';
const RESERVE = 'CreateCacheEntry';
const FINISH = 'FinalizeCacheEntryUpload';

/** Little only where the fault is one that lasts. */
const limitFor = (words?: RegExp) => (words?.source.includes('took longer') === true ? '2s' : '30s');
const TOO_LONG = /took longer than 2 s/;
const CUT = /no connection|could not fetch|took longer/;
const BROKEN = /answered 500|took longer/;
const REFUSED = /refuses the job's token/;
const TOO_OFTEN = /asked too often|took longer/;
const NOT_FETCHED = /could not fetch/;

/** Every call of a method goes wrong, but the first ones. */
const fault =
  (method: CacheMethod, kind: CacheFault['kind'] | number, after = 0) =>
  (service: CacheService) => {
    service.fail(method, { kind: 'no-length' }, after); // What changes nothing.
    const told = typeof kind === 'number' ? { kind: 'status', status: kind } : { kind };
    service.fail(method, told as CacheFault);
  };
const eviction = (what: 'pack' | 'index') => (service: CacheService) => {
  for (const { key } of service.entries()) if (key.startsWith(`buildbox-1-${what}-`)) service.evict(key);
};

type Row = readonly [string, (service: CacheService) => void, RegExp?];

/** What a job meets that looks for its result. */
const READING: readonly Row[] = [
  ['a look-up that hangs', fault(LOOK, 'hang'), TOO_LONG],
  ['a look-up that is cut', fault(LOOK, 'reset'), CUT],
  ['a token that is none', fault(LOOK, 401), REFUSED],
  ['a token that may not read', fault(LOOK, 403), REFUSED],
  ['too many requests', fault(LOOK, 429), TOO_OFTEN],
  ['a service that is broken', fault(LOOK, 500), BROKEN],
  ['an index that is not at its address', fault('download', 404), NOT_FETCHED],
  ['an index that never comes', fault('download', 'hang'), TOO_LONG],
  ['an index that breaks off', fault('download', 'truncate'), CUT],
  ['an index that is short', fault('download', 'truncate-quietly'), NOT_FETCHED],
  ['an index that was evicted', eviction('index')],
  ['a look-up of the pack that is broken', fault(LOOK, 500, 1), BROKEN],
  ['a pack that is not at its address', fault('download', 404, 1), NOT_FETCHED],
  ['a pack that is cut', fault('download', 'reset', 1), CUT],
  ['a pack that stops half-way', fault('download', 'stall', 1), TOO_LONG],
  ['a pack that breaks off', fault('download', 'truncate', 1), CUT],
  ['a pack that is short', fault('download', 'truncate-quietly', 1), NOT_FETCHED],
  [
    'a pack with a flipped bit',
    fault('download', 'flip', 1),
    /blob .* is missing: the pack \w+ is .*\): building again/,
  ],
  ['a pack that was evicted', eviction('pack'), /blob .* is missing: the pack \w+ is .*\): building again/],
];

describe('a job that looks for its result', () => {
  test('builds it where it cannot have it, says why in one line, and keeps it once more', async () => {
    const wrong = await sideBySide(READING, 6, ([name, harm, words]) =>
      onStage(limitFor(words), async (stage, service) => {
        harm(service);
        const warnings = words === undefined ? [] : [oneLine(words)];
        const machine = builder.freshMachine(stage);
        expect(await builder.rerun(stage, 'kept', machine)).toEqual({ result: 'built', warnings });
        if (!/pack|evicted/.test(name)) return; // Nothing was taken for lost.
        service.heal();
        service.resetCounts();
        expect((await stage.save(machine, PATIENT)).annotations).toEqual([]);
        // What was only damaged on its way is not sent again.
        if (!name.endsWith('evicted')) expect(service.counts().bytesUp).toBeLessThan(20_000);
        expect(await builder.rerun(stage, 'kept')).toEqual(HIT);
      }),
    );
    expect(wrong).toEqual([]);
  }, 180_000);

  test('needs no Content-Length', () =>
    onStage('30s', async (stage, service) => {
      fault('download', 'no-length')(service);
      expect(await builder.rerun(stage, 'kept')).toEqual(HIT);
    }));
});

/** What a job meets that saves. */
const SAVING: readonly Row[] = [
  ['keys that others have and never fill', fault(RESERVE, 409), TOO_LONG],
  ['too many requests', fault(RESERVE, 429), TOO_OFTEN],
  ['a token that is none', fault(RESERVE, 401), REFUSED],
  ['a token that may not write', fault(RESERVE, 403), REFUSED],
  ['a service that is broken', fault(RESERVE, 500), BROKEN],
  ['a reservation that is cut', fault(RESERVE, 'reset'), CUT],
  ['a reservation that hangs', fault(RESERVE, 'hang'), TOO_LONG],
  ['an upload that is refused', fault('upload', 403), /could not store|took longer/],
  ['an upload that breaks', fault('upload', 500), BROKEN],
  ['an upload that is cut', fault('upload', 'reset'), CUT],
  ['an upload that hangs', fault('upload', 'hang'), TOO_LONG],
  ['an upload that stops half-way', fault('upload', 'stall'), TOO_LONG],
  ['an end that breaks', fault(FINISH, 500), BROKEN],
  ['an end that is cut', fault(FINISH, 'reset'), CUT],
  ['an end that hangs', fault(FINISH, 'hang'), TOO_LONG],
  ['an index that is refused', fault(RESERVE, 403, 1), REFUSED],
  ['a look-up that is refused', fault(LOOK, 403), REFUSED],
  ['a look-up that breaks', fault(LOOK, 500), BROKEN],
  ['a look-up that hangs', fault(LOOK, 'hang'), TOO_LONG],
];

describe('a job that saves', () => {
  test('is green where it cannot, says why in one line, and the next makes up for it', async () => {
    const wrong = await sideBySide(SAVING, 6, ([name, harm, words = /./]) =>
      onStage(limitFor(words), async (stage, service) => {
        await builder.furnish(stage, 'own', { built: ['new'] });
        harm(service);
        const { exitCode, annotations } = await stage.save('own');
        const [message] = annotations.map((annotation) => annotation.message);
        expect([exitCode, annotations.length, message]).toEqual([0, 1, oneLine(words)]);
        expect(message).toMatch(/^nothing was saved: /);
        expect([stage.scene.notes('own').length, stage.scratchOf('own')]).toEqual([1, []]);
        service.heal();
        service.resetCounts();
        expect((await stage.save('own', PATIENT)).annotations).toEqual([]);
        expect(stage.scene.notes('own')).toEqual([]);
        // Packs that are there are not sent again.
        if (name === 'an index that is refused') expect(service.counts().bytesUp).toBeLessThan(20_000);
        const { entries } = newestIndex(await stage.objects());
        expect([...entries.keys()]).toContain(builder.hashOf('new'));
      }),
    );
    expect(wrong).toEqual([]);
  }, 180_000);

  test('while another one holds a place for an index that never comes loses nothing', () =>
    onStage('2s', async (stage, service) => {
      await builder.furnish(stage, 'slow', { built: ['new'] });
      await builder.furnish(stage, 'quick', { built: ['newer'] });
      fault('upload', 'hang', 1)(service);
      expect((await stage.save('slow')).annotations).toHaveLength(1);
      service.heal();
      for (const machine of ['quick', 'slow']) {
        expect((await stage.save(machine, PATIENT)).annotations).toEqual([]);
        expect(await builder.rerun(stage, 'newer')).toEqual(HIT);
      }
      expect(await builder.rerun(stage, 'new')).toEqual(HIT);
    }));
});
