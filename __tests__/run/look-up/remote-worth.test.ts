import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { NOWHERE } from '../../../src/cas/blob-sink.js';
import type { Store } from '../../../src/cas/store.js';
import { tooLong, whileWorthwhile } from '../../../src/run/look-up/remote-worth.js';
import { ActionResult } from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../../../src/reapi/digest.js';
import { createDelayBudget } from '../../../src/remote/guard/delay-budget.js';
import { createGuard } from '../../../src/remote/guard/guard.js';
import { pause } from '../../../src/async/pause.js';
import { UnusableBlob } from '../../../src/reapi/unusable-blob.js';

describe('a fetch is worth it', () => {
  const fetch = {
    elapsed: 3000,
    fetching: 3000,
    bytes: 100e6,
    moved: 50e6,
    duration: 60_000,
    allowance: 10_000,
  };
  test.each([
    ['as long as it is faster than building', {}, undefined],
    ['unless its pace says that it will not be', { moved: 1e6 }, 300_000],
    ['as long as nobody can tell its pace', { fetching: 1900, moved: 1 }, undefined],
    ['or when nothing came: that is for others to judge', { moved: 0 }, undefined],
    ['unless it has taken too long already', { elapsed: 70_000, fetching: 100, moved: 99e6 }, 70_001],
    ['to the limit', { duration: 0, moved: 50e6 }, undefined],
    ['and no further', { duration: 0, allowance: 6000, moved: 50e6 }, 6000],
  ] as const)('%s', (_, change, expected) => {
    const needed = tooLong({ ...fetch, ...change });
    expect(needed === undefined ? undefined : Math.round(needed)).toBe(expected);
  });
});

describe('a result', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const signal = new AbortController().signal;
  const large: Digest = { ...digestOf(Buffer.from('large')), sizeBytes: 100e6 };
  const built = (seconds: number) =>
    ActionResult.create({
      executionMetadata: {
        executionStartTimestamp: { seconds: 100, nanos: 0 },
        executionCompletedTimestamp: { seconds: 100 + seconds, nanos: 0 },
      },
    });

  /** A remote that sends at this pace, and what comes of a fetch. */
  async function fetchAt(bytesASecond: number, result: ActionResult, ending?: Error) {
    const now = () => performance.now();
    const budget = createDelayBudget();
    const guard = createGuard('cas', { latencyBudget: 500, delayBudget: budget, now });
    const read: Store['read'] = async ([blob], _sink, stop) => {
      const bytes = blob?.sizeBytes ?? 0;
      const attempt = async (limits: { signal: AbortSignal; moved: (bytes: number) => void }) => {
        for (let sent = 0; sent < bytes; sent += bytesASecond / 10) {
          await pause(100, limits.signal);
          limits.moved(bytesASecond / 10);
        }
      };
      await guard.transfer('Read', attempt, { bytes, signal: stop });
      if (ending !== undefined) throw ending;
    };
    const source: Store = {
      name: 'remote',
      entry: async () => ({ result, origin: null }),
      read,
      checkComplete: async () => undefined,
      discard: () => undefined,
    };
    const results = whileWorthwhile(source, { guard, budget, now });
    let ended: unknown = 'not yet';
    const begin = performance.now();
    void results
      .entry(large, signal)
      .then(() => results.read([large], NOWHERE, signal))
      .then(
        () => (ended = 'fetched'),
        (error: unknown) => (ended = error),
      );
    while (ended === 'not yet') await jest.advanceTimersByTimeAsync(100);
    return { ended, took: performance.now() - begin, lost: budget.lost.total, left: budget.left, guard };
  }

  test('that comes faster than it was built is fetched', async () => {
    const { ended, lost } = await fetchAt(5e6, built(30));
    expect([ended, lost]).toEqual(['fetched', 0]);
  });

  test('that comes slower than it was built is given up as soon as that can be seen', async () => {
    const { ended, took, lost, guard } = await fetchAt(5e6, built(5));
    expect(ended).toMatchObject({ name: 'Unavailable' });
    expect(guard.reason).toBe('to fetch the result would take 21.1 s, and building it took 5 s');
    expect(took).toBe(2000);
    expect(lost).toBe(2000);
  });

  test('of which nobody knows how long it took is waited for', async () => {
    expect((await fetchAt(1e6, ActionResult.create())).ended).toBe('fetched');
  });

  test('that turns out to be wrong has cost what it took, and can still be replaced', async () => {
    const wrong = new UnusableBlob(large, 'corrupt');
    const { ended, took, lost, left } = await fetchAt(5e6, built(60), wrong);
    expect(ended).toBe(wrong);
    expect([took, lost]).toEqual([20_000, 20_000]);
    expect(left).toBeGreaterThan(9000);
  });
});
