import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { withTimeLimit } from '../../src/async/time-limit.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a time limit ends a wait, however often garbage is collected meanwhile', async () => {
  const limited = withTimeLimit(new AbortController().signal, 100);
  for (let turn = 0; turn < 100 && !limited.aborted; turn++) {
    collectGarbage();
    await sleep(20);
  }
  expect(limited.aborted).toBe(true);
  expect(limited.reason).toMatchObject({ name: 'TimeoutError' });
});

test('the other signal ends it earlier, with its own reason', () => {
  const controller = new AbortController();
  const limited = withTimeLimit(controller.signal, 60_000);
  controller.abort(new Error('enough'));
  expect(limited.reason).toEqual(new Error('enough'));
});
