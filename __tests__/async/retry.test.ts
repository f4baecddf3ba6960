import { describe, expect, test } from '@jest/globals';
import { retry } from '../../src/async/retry.js';

const never = new AbortController().signal;

async function attempts(
  failures: number,
  isTransient: boolean,
  allowed = 3,
): Promise<{ count: number; outcome: unknown }> {
  let count = 0;
  const attempt = () => {
    count += 1;
    return count <= failures ? Promise.reject(new Error(`failure ${count}`)) : Promise.resolve('done');
  };
  const outcome = await retry({ attempts: allowed, firstDelay: 1 }, never, attempt, () => isTransient).catch(
    (error: unknown) => (error as Error).message,
  );
  return { count, outcome };
}

describe('trying again', () => {
  test.each([
    ['works at once', 0, true, { count: 1, outcome: 'done' }],
    ['works in the end', 2, true, { count: 3, outcome: 'done' }],
    ['never works', 9, true, { count: 3, outcome: 'failure 3' }],
    ['would not help', 9, false, { count: 1, outcome: 'failure 1' }],
  ] as const)('%s', async (_, failures, isTransient, expected) => {
    expect(await attempts(failures, isTransient)).toEqual(expected);
  });

  test('waits longer each time', async () => {
    const times: number[] = [];
    const attempt = () => {
      times.push(performance.now());
      return Promise.reject(new Error('no'));
    };
    await expect(retry({ attempts: 3, firstDelay: 40 }, never, attempt, () => true)).rejects.toThrow('no');
    const [one = 0, two = 0, three = 0] = times;
    expect(two - one).toBeGreaterThanOrEqual(38);
    expect(three - two).toBeGreaterThanOrEqual(78);
  });

  test('an abort ends the wait, with its reason', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('cancelled on purpose')), 20);
    const attempt = () => Promise.reject(new Error('no'));
    const waiting = retry({ attempts: 2, firstDelay: 60_000 }, controller.signal, attempt, () => true);
    await expect(waiting).rejects.toThrow('cancelled on purpose');
  });
});
