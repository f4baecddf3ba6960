import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { KeptBuilder } from './kept-builder.js';
import { newestIndex } from './kept-objects.js';
import { warningsOf } from './kept-scene.js';
import { KeptStage, PLACES } from './kept-stage.js';

/** Milliseconds until what was stored in GitHub's cache is found: a writer cannot see what came just before it. */
const LOOKUP_DELAY = 500;

const NAMES = Array.from({ length: 8 }, (_, job) => `job ${job}`);
/** Jobs that share some of what they make. */
const SCRIPTS = Object.fromEntries(
  NAMES.map((name) => [name, `mkdir out; echo ${name} > out/own; seq 1 100000 > out/shared`]),
);

const RANDOM = { random: 'head -c 300000 /dev/urandom > out' };

let builder: KeptBuilder;
/** The same once more, with another outcome. */
let rebuilder: KeptBuilder;

beforeAll(async () => {
  builder = await KeptBuilder.build({ ...SCRIPTS, ...RANDOM });
  rebuilder = await KeptBuilder.build(RANDOM);
});
afterAll(async () => {
  await builder.close();
  await rebuilder.close();
});

async function onStage(
  kind: (typeof PLACES)[number],
  play: (stage: KeptStage) => Promise<void>,
  lookupDelay = LOOKUP_DELAY,
): Promise<void> {
  const stage = await KeptStage.open(kind, { lookupDelay });
  try {
    await play(stage);
  } finally {
    await stage.close();
  }
}

/** Waits until all that is stored is found. */
async function found(lookupDelay = LOOKUP_DELAY): Promise<void> {
  await new Promise((wake) => setTimeout(wake, lookupDelay));
}

/** All begin at once. @returns how many results each says it has saved */
async function saveTogether(
  stage: KeptStage,
  machines: readonly string[],
  lookupDelay = LOOKUP_DELAY,
): Promise<readonly number[]> {
  const posts = await Promise.all(machines.map((machine) => stage.save(machine)));
  expect(posts.map(({ exitCode, annotations }) => [exitCode, annotations])).toEqual(posts.map(() => [0, []]));
  expect(machines.flatMap((machine) => [...stage.scene.notes(machine), ...stage.scratchOf(machine)])).toEqual(
    [],
  );
  await found(lookupDelay);
  return posts.map(({ log }) => Number(/saved (\d+) results?/.exec(log)?.[1]));
}

/** @returns what each of these is on a fresh machine */
async function rerunAll(stage: KeptStage, names: readonly string[]) {
  const reruns = [];
  for (const name of names) reruns.push(await builder.rerun(stage, name));
  return reruns;
}

describe.each(PLACES)('%s', (kind) => {
  test('eight jobs of a matrix that save at the same time lose nothing', () =>
    onStage(kind, async (stage) => {
      for (const name of NAMES) await builder.furnish(stage, name, { built: [name] });
      expect(await saveTogether(stage, NAMES)).toEqual(NAMES.map(() => 1));
      expect(newestIndex(await stage.objects()).entries.size).toBe(8);
      expect(await rerunAll(stage, NAMES)).toEqual(NAMES.map(() => ({ result: 'hit', warnings: [] })));
    }));

  test('a re-run that saves at the same time as the first run leaves one of the two outcomes', () =>
    onStage(kind, async (stage) => {
      await builder.furnish(stage, 'first', { built: ['random'] });
      await rebuilder.furnish(stage, 'again', { built: ['random'] });
      expect(await saveTogether(stage, ['first', 'again'])).toEqual([1, 1]);
      const reruns = [await builder.rerun(stage, 'random'), await rebuilder.rerun(stage, 'random')];
      // The outcome of the one is wrong for the other.
      expect(reruns.map(({ result }) => result).sort()).toEqual(['hit', 'wrong']);
      expect(reruns.flatMap(({ warnings }) => warnings)).toEqual([]);
    }));

  test('two jobs that save at the same time from one cache folder lose nothing', () =>
    onStage(kind, async (stage) => {
      const names = NAMES.slice(0, 2);
      await builder.furnish(stage, 'own', { built: names });
      const saved = await saveTogether(stage, ['own', 'own']);
      // Who is late finds no notes any more, and saves nothing.
      expect(saved).toContain(2);
      expect(await rerunAll(stage, names)).toEqual(names.map(() => ({ result: 'hit', warnings: [] })));
    }));
});

test('two jobs in one cache folder build and save at the same time, and lose nothing', () =>
  onStage('github', async ({ scene }) => {
    const jobs = [1, 2].map((job) => ({ inputs: { run: `echo ${job} > out`, outputs: 'out' } }));
    const built = await Promise.all(jobs.map((job) => scene.jobBeside({ ...job, machine: 'own' })));
    expect(built.map(({ outputs, post }) => [outputs.result, post?.exitCode])).toEqual(
      jobs.map(() => ['built', 0]),
    );
    expect([...built.flatMap(warningsOf), ...scene.notes('own')]).toEqual([]);
    await found();
    const results = [];
    for (const job of jobs) results.push((await scene.job(job)).outputs.result);
    expect(results).toEqual(['hit', 'hit']);
  }));

test('jobs that cannot find what the other one writes while they save lose nothing', () => {
  const late = 4000; // A writer waits less for another.
  const names = NAMES.slice(0, 2);
  return onStage(
    'github',
    async (stage) => {
      for (const name of names) await builder.furnish(stage, name, { built: [name] });
      expect(await saveTogether(stage, names, late)).toEqual([1, 1]);
      expect(newestIndex(await stage.objects()).entries.size).toBe(1);
      expect(await rerunAll(stage, names)).toEqual(names.map(() => ({ result: 'hit', warnings: [] })));
    },
    late,
  );
});
