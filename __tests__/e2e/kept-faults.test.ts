import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type CacheFault,
  type CacheMethod,
  type CacheService,
  startCacheService,
} from '../cache/cache-service.js';
import { KeptMachine } from './kept-machine.js';
import { KeptScene, linesAbout, MAIN, warningsOf } from './kept-scene.js';
import { sideBySide } from './side-by-side.js';

const status = (code: number): CacheFault => ({ kind: 'status', status: code });
const kind = (name: 'hang' | 'reset' | 'lose-answer' | 'truncate' | 'truncate-quietly' | 'stall' | 'flip') =>
  ({ kind: name }) as const;
/** Of other calls than downloads, and of most downloads: goes well. */
const WELL: CacheFault = { kind: 'no-length' };

const OUTPUTS = [randomBytes(300_000), Buffer.from('small')];
const RESULT = 'the action';

interface Stage {
  readonly service: CacheService;
  machine(timeLimit?: number): KeptMachine;
}

/** A service of its own, so that tests can wait side by side. */
async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  const service = await startCacheService();
  const machines: KeptMachine[] = [];
  const machine = (timeLimit = 30_000) => {
    const made = new KeptMachine(service.environment(MAIN), { timeLimit });
    machines.push(made);
    return made;
  };
  try {
    await play({ service, machine });
  } finally {
    for (const made of machines) made.dispose();
    await service.close();
  }
}

/** Most of these wait most of the time, so they wait together. */
const playAll = <Row extends readonly unknown[]>(
  rows: readonly Row[],
  play: (row: Row, stage: Stage) => Promise<void>,
): Promise<readonly string[]> => sideBySide(rows, 6, (row) => onStage((stage) => play(row, stage)));

/** One line, and nothing of a stack or an address. */
const oneLine = (words: RegExp) =>
  expect.stringMatching(new RegExp(`^(?!.*(    at |sig=|http:))[^\n]*(${words.source})[^\n]*$`));

const TOO_LONG = /took longer than 3 s/;

/** Milliseconds: few only where the fault is one that lasts. */
const limitFor = (words: RegExp) => (words.source.includes('took longer') ? 3000 : 30_000);

describe('a save', () => {
  const rows: readonly (readonly [CacheMethod, string, CacheFault, RegExp])[] = [
    ['CreateCacheEntry', '409', status(409), TOO_LONG],
    ['CreateCacheEntry', '429', { kind: 'status', status: 429, retryAfter: 60 }, /asked too often/],
    ['CreateCacheEntry', '401', status(401), /refuses the job's token/],
    ['CreateCacheEntry', '403', status(403), /refuses the job's token/],
    ['CreateCacheEntry', '500', status(500), /answered 500|took longer/],
    ['CreateCacheEntry', 'reset', kind('reset'), /no connection|took longer/],
    ['CreateCacheEntry', 'hang', kind('hang'), TOO_LONG],
    ['upload', '403', status(403), /could not store|took longer/],
    ['upload', '429', status(429), /could not store|took longer/],
    ['upload', '500', status(500), /answered 500|took longer/],
    ['upload', 'reset', kind('reset'), /no connection|took longer/],
    ['upload', 'hang', kind('hang'), TOO_LONG],
    ['FinalizeCacheEntryUpload', '429', status(429), /asked too often|took longer/],
    ['FinalizeCacheEntryUpload', '500', status(500), /answered 500|took longer/],
    ['FinalizeCacheEntryUpload', 'reset', kind('reset'), /no connection|took longer/],
    ['FinalizeCacheEntryUpload', 'hang', kind('hang'), TOO_LONG],
    ['GetCacheEntryDownloadURL', '403', status(403), /refuses the job's token/],
    ['GetCacheEntryDownloadURL', '500', status(500), /answered 500|took longer/],
    ['GetCacheEntryDownloadURL', 'hang', kind('hang'), TOO_LONG],
  ];

  test('that meets a fault saves nothing, says so in one line, and is made up for', async () => {
    const wrong = await playAll(rows, async ([method, , fault, words], { service, machine }) => {
      const own = machine(limitFor(words));
      const action = await own.build(RESULT, ...OUTPUTS);
      service.fail(method, fault);
      const failed = await own.save();
      expect(failed).toMatchObject({ saved: 0, kept: null, problem: oneLine(words) });
      expect(await own.notes()).toHaveLength(1);
      service.heal();
      // Somebody else builds the same.
      const patient = machine();
      await patient.build(RESULT, ...OUTPUTS);
      expect(await patient.save()).toMatchObject({ results: 1, problem: null });
      expect(await patient.notes()).toEqual([]);
      const { outputs } = await machine().restore(action);
      expect(outputs?.map((one, at) => one.equals(OUTPUTS[at] ?? one.subarray(1)))).toEqual([true, true]);
    });
    expect(wrong).toEqual([]);
  });

  test('whose index fails after its packs are there sends them not again', () =>
    onStage(async ({ service, machine }) => {
      const own = machine(5000);
      await own.build(RESULT, ...OUTPUTS);
      service.fail('CreateCacheEntry', WELL, 1);
      service.fail('CreateCacheEntry', status(403));
      expect(await own.save()).toMatchObject({ problem: oneLine(/refuses the job's token/) });
      service.heal();
      service.resetCounts();
      expect(await own.save()).toMatchObject({ results: 1, problem: null });
      expect(service.counts().bytesUp).toBeLessThan(20_000);
    }));

  test('of a writer whose slow uploads outlive it is not lost to the next', () =>
    onStage(async ({ service, machine }) => {
      const [slow, quick] = [machine(3000), machine()];
      const first = await slow.build('first', randomBytes(10_000));
      const second = await quick.build('second', randomBytes(10_000));
      // The index of the slow one is reserved and never comes.
      service.fail('upload', WELL, 1);
      service.fail('upload', kind('hang'));
      expect(await slow.save()).toMatchObject({ problem: oneLine(TOO_LONG) });
      service.heal();
      expect(await quick.save()).toMatchObject({ results: 1, problem: null });
      expect((await machine().restore(second)).outputs).toHaveLength(1);
      const again = machine();
      await again.build('first', randomBytes(10_000));
      expect(await again.save()).toMatchObject({ results: 1, problem: null });
      for (const action of [first, second]) expect((await machine().restore(action)).outputs).toHaveLength(1);
    }));
});

describe('a restore', () => {
  /** `index`, `pack`: which of the two is met. */
  const rows: readonly (readonly [string, CacheMethod, string, CacheFault, RegExp])[] = [
    ['index', 'GetCacheEntryDownloadURL', '401', status(401), /refuses the job's token/],
    ['index', 'GetCacheEntryDownloadURL', '403', status(403), /refuses the job's token/],
    ['index', 'GetCacheEntryDownloadURL', '429', status(429), /asked too often|took longer/],
    ['index', 'GetCacheEntryDownloadURL', '500', status(500), /answered 500|took longer/],
    ['index', 'GetCacheEntryDownloadURL', 'reset', kind('reset'), /no connection|took longer/],
    ['index', 'GetCacheEntryDownloadURL', 'hang', kind('hang'), TOO_LONG],
    ['index', 'download', '404', status(404), /could not fetch/],
    ['index', 'download', 'reset', kind('reset'), /could not fetch|took longer/],
    ['index', 'download', 'hang', kind('hang'), TOO_LONG],
    ['index', 'download', 'half', kind('truncate'), /could not fetch|took longer/],
    ['index', 'download', 'half without a word', kind('truncate-quietly'), /could not fetch/],
    ['pack', 'GetCacheEntryDownloadURL', '500', status(500), /answered 500|took longer/],
    ['pack', 'download', '404', status(404), /could not fetch/],
    ['pack', 'download', 'reset', kind('reset'), /could not fetch|took longer/],
    ['pack', 'download', 'hang', kind('hang'), TOO_LONG],
    ['pack', 'download', 'a stall', kind('stall'), TOO_LONG],
    ['pack', 'download', 'half', kind('truncate'), /could not fetch|took longer/],
    ['pack', 'download', 'half without a word', kind('truncate-quietly'), /could not fetch/],
    ['pack', 'download', 'a flipped bit', kind('flip'), /blob .* is missing/],
  ];

  test('that meets a fault is no hit, with one line, and what is built again is saved again', async () => {
    const wrong = await playAll(rows, async ([part, method, , fault, words], { service, machine }) => {
      const writer = machine();
      const action = await writer.build(RESULT, ...OUTPUTS);
      await writer.save();
      if (part === 'pack') service.fail(method, WELL, 1);
      service.fail(method, fault);
      const reader = machine(limitFor(words));
      const { outputs, warnings } = await reader.restore(action);
      expect([outputs, warnings]).toEqual([undefined, [oneLine(words)]]);
      service.heal();
      const builder = machine();
      await builder.build(RESULT, ...OUTPUTS);
      service.resetCounts();
      expect(await builder.save()).toMatchObject({ results: 1, problem: null });
      // What was only damaged on its way is not sent again.
      expect(service.counts().bytesUp).toBeLessThan(20_000);
      expect((await machine().restore(action)).outputs).toHaveLength(2);
    });
    expect(wrong).toEqual([]);
  });

  test('does not need a Content-Length', () =>
    onStage(async ({ service, machine }) => {
      const writer = machine();
      const action = await writer.build(RESULT, ...OUTPUTS);
      await writer.save();
      service.fail('download', WELL);
      expect(await machine().restore(action)).toMatchObject({ outputs: [{}, {}], warnings: [] });
    }));
});

describe('a job', () => {
  let scene: KeptScene;
  // Large enough that what is flipped in the middle of an archive is none of its padding.
  const patient = { run: 'seq 1 50000 > out; cat in.txt >> out' };
  const inputs = { ...patient, 'cache-time-limit': '2s' };

  beforeAll(async () => {
    scene = await KeptScene.open();
    const { post } = await scene.job({ machine: 'reader', inputs: patient });
    expect(post?.log).toContain('saved 1 result');
  });
  afterEach(() => scene.service.heal());
  afterAll(() => scene.close());

  test.each([
    ['a service that hangs', 'GetCacheEntryDownloadURL', kind('hang'), 0, /took longer than 2 s/],
    ['a service that is down', 'GetCacheEntryDownloadURL', kind('reset'), 0, /GitHub's cache/],
    ['a pack that never ends', 'download', kind('stall'), 1, /took longer than 2 s/],
    ['a pack with a flipped bit', 'download', kind('flip'), 1, /building again/],
  ] as const)('with %s builds, and says why in one line', async (_, method, fault, skipped, words) => {
    scene.forget('reader');
    if (skipped > 0) scene.service.fail(method, WELL, skipped);
    scene.service.fail(method, fault);
    const built = await scene.job({ machine: 'reader', inputs });
    expect([built.exitCode, built.outputs.result, built.post?.exitCode]).toEqual([0, 'built', 0]);
    expect(scene.read('out')).toMatch(/\n50000\nhello\n$/);
    expect(built.annotations.map(({ message }) => message)).toEqual([expect.stringMatching(words)]);
    expect(warningsOf(built).length).toBeLessThanOrEqual(2);
  });

  test('that is refused when it saves is green, and the next one here makes up for it', async () => {
    scene.forget('reader');
    scene.write('in.txt', 'other\n');
    scene.service.fail('CreateCacheEntry', status(500));
    const built = await scene.job({ machine: 'reader', inputs });
    expect([built.exitCode, built.outputs.result, built.post?.exitCode]).toEqual([0, 'built', 0]);
    expect(warningsOf(built)).toEqual([expect.stringMatching(/^nothing was saved: /)]);
    expect(scene.notes('reader')).toHaveLength(1);
    scene.service.heal();
    const again = await scene.job({ machine: 'reader', inputs: patient });
    expect([again.outputs.result, linesAbout(again, /saved 1 result/).length]).toEqual(['hit', 1]);
    expect(scene.notes('reader')).toEqual([]);
    expect((await scene.job({ inputs: patient })).outputs.result).toBe('hit');
  });
});
