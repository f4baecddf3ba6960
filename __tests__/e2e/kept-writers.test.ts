import { afterEach, expect, test } from '@jest/globals';
import { KeptScene, warningsOf } from './kept-scene.js';

let scene: KeptScene;

afterEach(() => scene.close());

/** A build of its own for each job of a matrix. */
const inputs = (job: number) => ({ run: `sleep ${job % 2}; echo ${job} > out`, outputs: 'out' });

test('eight jobs of a matrix that save at the same time are all hits on fresh machines', async () => {
  scene = await KeptScene.open({ lookupDelay: 300 });
  const jobs = Array.from({ length: 8 }, (_, job) => job);
  const built = await Promise.all(
    jobs.map((job) => scene.jobBeside({ machine: `matrix-${job}`, inputs: inputs(job) })),
  );
  expect(built.map(({ exitCode, outputs }) => [exitCode, outputs.result])).toEqual(
    jobs.map(() => [0, 'built']),
  );
  expect(built.flatMap(warningsOf)).toEqual([]);
  expect(built.map(({ post }) => (post?.log ?? '').includes('saved 1 result'))).toEqual(jobs.map(() => true));
  const hits = [];
  for (const job of jobs) hits.push((await scene.job({ inputs: inputs(job) })).outputs.result);
  expect(hits).toEqual(jobs.map(() => 'hit'));

  // A re-run of one of them on a fresh machine changes nothing.
  const entries = scene.service.entries().length;
  const again = await scene.job({ inputs: inputs(3), environment: { GITHUB_RUN_ATTEMPT: '2' } });
  expect([again.outputs.result, scene.service.entries().length]).toEqual(['hit', entries]);
});
