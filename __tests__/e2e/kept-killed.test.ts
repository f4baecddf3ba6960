import { existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cacheKeys } from '../../src/packs/index/keys.js';
import type { CacheFault, CacheMethod } from '../packs/cache-service.js';
import { KeptBuilder, type Notes } from './kept-builder.js';
import { newestIndex } from './kept-objects.js';
import { MAIN } from './kept-scene.js';
import { KeptStage, PLACES, type PlaceKind } from './kept-stage.js';
import { clockOff, copyWithHelper, dieAt, environmentOf } from './preload.js';
import type { StageResult } from './runner-model/step-process.js';
import { sideBySide } from './side-by-side.js';
import { until } from './until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const noise = (bytes: number) => `head -c ${bytes} /dev/urandom`;
const SCRIPTS = {
  kept: `${noise(100_000)} > out`,
  large: `${noise(400_000)} > out`,
  new: `mkdir out; for i in 1 2 3; do ${noise(1_200_000)} > out/$i; done`,
};

/** `kept` and `large` are there before, in one pack, used lately or not for long. */
type Age = 'lately' | 'long ago';
const CLOCK: Readonly<Record<Age, number>> = { lately: 0, 'long ago': -20 * DAY };
/** A save of something new; or of a use of `kept`, which lets `large` go, so that the pack is rewritten. */
const NOTES: Readonly<Record<Age, Notes>> = {
  lately: { built: ['new'], used: ['kept'] },
  'long ago': { used: ['kept'] },
};
const KEPT_IN_THE_END: Readonly<Record<Age, readonly string[]>> = {
  lately: ['kept', 'large', 'new'],
  'long ago': ['kept'],
};

let builder: KeptBuilder;
let stages: readonly KeptStage[] = [];
const before = (age: Age, kind: PlaceKind) => stages[2 * PLACES.indexOf(kind) + (age === 'lately' ? 0 : 1)];

beforeAll(async () => {
  builder = await KeptBuilder.build(SCRIPTS);
  for (const kind of PLACES) {
    for (const clock of Object.values(CLOCK)) {
      const stage = await KeptStage.open(kind);
      await builder.furnish(stage, 'first', { built: ['large', 'kept'] });
      expect((await stage.save('first', { environment: environmentOf(clockOff(clock)) })).log).toContain(
        'saved 2 results',
      );
      expect(newestIndex(await stage.objects()).packs.size).toBe(1);
      stages = [...stages, stage];
    }
  }
});
afterAll(async () => {
  for (const stage of stages) await stage.close();
  await builder.close();
});

/** While the service is at a call of this method and number. */
type AtService = readonly [CacheMethod, number, CacheFault['kind']];
/** Else before a call of the file system. */
type Moment = AtService | string;
/** What is done by then, and cannot be undone: the index, and how many of the notes are forgotten. */
type Done = 'nothing' | 'saved' | 'a note forgotten' | 'all';
type Row = readonly [PlaceKind, string, Age, Moment, Done?];

const WRITING_A_PACK = 'createReadStream 2 /casd/cas/objects/';
const FORGETTING = 'rm 2 /kept/pending/';
const LEAVING = 'rm 1 /kept/scratch/[^/]*$';

const ROWS: readonly Row[] = [
  ['github', 'reading the index', 'lately', ['download', 1, 'stall']],
  ['github', 'writing a pack', 'lately', WRITING_A_PACK],
  ['github', 'reserving a pack', 'lately', ['CreateCacheEntry', 1, 'keep-answer']],
  ['github', 'sending a pack', 'lately', ['upload', 1, 'stall']],
  ['github', 'finishing a pack', 'lately', ['FinalizeCacheEntryUpload', 1, 'keep-answer']],
  ['github', 'reserving the index', 'lately', ['CreateCacheEntry', 2, 'keep-answer']],
  ['github', 'sending the index', 'lately', ['upload', 2, 'stall']],
  ['github', 'finishing the index', 'lately', ['FinalizeCacheEntryUpload', 2, 'keep-answer'], 'saved'],
  ['github', 'forgetting the notes', 'lately', FORGETTING, 'a note forgotten'],
  ['github', 'leaving', 'lately', LEAVING, 'all'],
  ['github', 'fetching a pack to rewrite', 'long ago', ['download', 2, 'stall']],
  ['github', 'sending the rewritten pack', 'long ago', ['upload', 1, 'stall']],
  ['folder', 'reading the index', 'lately', 'copyFile 1 /kept/\\S*-index-\\S* '],
  ['folder', 'writing a pack', 'lately', WRITING_A_PACK],
  ['folder', 'copying a pack', 'lately', 'copyFile 1 /new-\\S* \\S*/kept/\\.tmp-'],
  ['folder', 'naming a pack', 'lately', 'link 1 /kept/\\.tmp-'],
  ['folder', 'a pack is named', 'lately', 'open 1 /kept r$'],
  ['folder', 'copying the index', 'lately', 'copyFile 1 /index-\\S* \\S*/kept/\\.tmp-'],
  ['folder', 'naming the index', 'lately', 'link 2 /kept/\\.tmp-'],
  ['folder', 'the index is named', 'lately', 'open 2 /kept r$', 'saved'],
  ['folder', 'sweeping', 'lately', 'rm 2 /kept/buildbox-', 'saved'],
  ['folder', 'forgetting the notes', 'lately', FORGETTING, 'a note forgotten'],
  ['folder', 'leaving', 'lately', LEAVING, 'all'],
  ['folder', 'fetching a pack to rewrite', 'long ago', 'copyFile 1 /kept/\\S*-pack-'],
  ['folder', 'writing the rewritten pack', 'long ago', 'openSync 1 /moved-'],
  ['folder', 'copying the rewritten pack', 'long ago', 'copyFile 1 /new-\\S* \\S*/kept/\\.tmp-'],
];

test('a save that is killed in any of its phases leaves what was good, and the next makes up for it', async () => {
  const wrong = await sideBySide(ROWS, 4, async ([kind, , age, moment, done = 'nothing']) => {
    const stage = await KeptStage.open(kind, { like: before(age, kind) });
    try {
      await builder.furnish(stage, 'own', NOTES[age]);
      leaveStrays(stage);
      expect((await killed(stage, moment)).exitCode).toBe(128 + 9);
      await expectGood(stage, age, done);
      aDayLater(stage);
      await expectMadeUp(stage, age, done);
    } finally {
      await stage.close();
    }
  });
  expect(wrong).toEqual([]);
}, 300_000);

test('a save that is cancelled leaves what was good and nothing else, and the next makes up for it', async () => {
  const stage = await KeptStage.open('github', { like: before('lately', 'github') });
  try {
    await builder.furnish(stage, 'own', NOTES.lately);
    const { exitCode, log } = await interrupted(stage, ['upload', 1, 'stall'], 'SIGTERM');
    expect([exitCode, log]).toEqual([0, expect.stringContaining('cancelled by SIGTERM')]);
    expect(stage.scratchOf('own')).toEqual([]);
    await expectGood(stage, 'lately', 'nothing');
    await expectMadeUp(stage, 'lately', 'nothing');
  } finally {
    await stage.close();
  }
});

async function killed(stage: KeptStage, moment: Moment): Promise<StageResult> {
  if (typeof moment === 'string') {
    const environment = environmentOf(dieAt(moment));
    if (stage.kind === 'github') return stage.save('own', { environment });
    const action = copyWithHelper(join(stage.scene.root, 'copy'), dieAt(moment));
    return stage.save('own', { action, environment });
  }
  return interrupted(stage, moment, 'SIGKILL');
}

async function interrupted(
  stage: KeptStage,
  [method, nth, kind]: AtService,
  signal: NodeJS.Signals,
): Promise<StageResult> {
  const { service } = stage.scene;
  // What does nothing to other calls than downloads, and little to these: a way to count calls off.
  service.fail(method, { kind: 'no-length' }, nth - 1);
  service.fail(method, { kind } as CacheFault);
  const result = await stage.save('own', {}, async ({ pid }) => {
    await until(() => service.held() === 1);
    process.kill(pid, signal);
  });
  service.heal();
  return result;
}

/** What was kept can be had, and what is new only where all of it is there. */
async function expectGood(stage: KeptStage, age: Age, done: Done): Promise<void> {
  const notes = Object.values(NOTES[age]).flat().length;
  const left = { nothing: notes, saved: notes, 'a note forgotten': notes - 1, all: 0 }[done];
  expect(stage.scene.notes('own')).toHaveLength(left);
  const { entries } = newestIndex(await stage.objects());
  expect([...entries.keys()].sort()).toEqual(
    hashes(done === 'nothing' ? ['kept', 'large'] : KEPT_IN_THE_END[age]),
  );
  expect(await builder.rerun(stage, 'kept')).toEqual({ result: 'hit', warnings: [] });
}

/** The killed machine saves what it could not, and nothing of what it left stays for ever. */
async function expectMadeUp(stage: KeptStage, age: Age, done: Done): Promise<void> {
  // Where nothing is to be saved, post has nothing to do.
  if (done === 'all') expect(await builder.rerun(stage, 'kept', 'own')).toMatchObject({ result: 'hit' });
  const { exitCode, annotations, log } = await stage.save('own');
  expect([exitCode, annotations, log.includes('saved ')]).toEqual([0, [], done !== 'all']);
  expect([stage.scene.notes('own'), stage.scratchOf('own'), strays(stage)]).toEqual([[], [], []]);
  const { entries, packs } = newestIndex(await stage.objects());
  expect([...entries.keys()].sort()).toEqual(hashes(KEPT_IN_THE_END[age]));
  const bytes = [...packs.values()].reduce((sum, pack) => sum + pack.bytes, 0);
  if (age === 'long ago') expect(bytes).toBeLessThan(200_000);
  const [newest] = KEPT_IN_THE_END[age].slice(-1);
  expect(await builder.rerun(stage, newest ?? '')).toEqual({ result: 'hit', warnings: [] });
}

const hashes = (names: readonly string[]) => names.map((name) => builder.hashOf(name)).sort();

/** Packs that nobody names, of writers that were killed two hours ago. */
function leaveStrays({ kind, folder }: KeptStage): void {
  if (kind !== 'folder') return;
  for (const digit of ['1', '2', '3']) {
    const file = join(
      folder,
      cacheKeys('CI / build').pack({ ref: MAIN.own, event: null }, digit.repeat(64), 1),
    );
    writeFileSync(file, 'stray');
    age(file, 2 * HOUR);
  }
}

function strays({ folder }: KeptStage): string[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.filter((name) => name.startsWith('.') || /-([1-3])\1{63}$/.test(name));
}

function aDayLater(stage: KeptStage): void {
  for (const name of strays(stage)) age(join(stage.folder, name), DAY + HOUR);
}

function age(file: string, milliseconds: number): void {
  const time = new Date(Date.now() - milliseconds);
  utimesSync(file, time, time);
}
