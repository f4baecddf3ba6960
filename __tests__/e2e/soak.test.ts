import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, test } from '@jest/globals';

/** A story that found a wrong green when it was written. `TEST_SOAK_SEED` plays others. */
const SEED = process.env.TEST_SOAK_SEED ?? '169';
const STORIES = '1';
/** No round begins later than that. */
const MINUTES = '0.8';

test('whatever is killed, damaged or full: no wrong green, no hang, nothing left, and right afterwards', async () => {
  const words = ['bench/soak.js', '--seed', SEED, '--stories', STORIES, '--minutes', MINUTES];
  const soak = spawn(process.execPath, words, {
    env: { ...process.env, RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((done) => soak.once('close', done));
  const report = await text(soak.stdout);
  if ((await ended) !== 0) throw new Error(report); // It tells what was wrong, and the seed that plays it again.
  expect(report).toContain('| **violations** | **0** |');
}, 300_000);
