import { setTimeout as wait } from 'node:timers/promises';
import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { createDelayBudget } from '../../src/remote/delay-budget.js';
import { createGuard, Unavailable } from '../../src/remote/guard.js';
import { RpcError } from '../../src/rpc/call.js';

const signal = new AbortController().signal;
const sleep = (milliseconds: number, stop = new AbortController().signal) =>
  wait(milliseconds, undefined, { signal: stop }).catch(() => stop.throwIfAborted());
const failing = (code: status, details = 'as told') => new RpcError('M', code, details);
const guardWith = ({ latencyBudget = 500, delay = 10_000 } = {}) => {
  const delayBudget = createDelayBudget(delay);
  return { delayBudget, guard: createGuard('cas', { latencyBudget, delayBudget }) };
};
const unavailable = () => Promise.reject(failing(status.UNAVAILABLE, 'no connection'));

describe('calls', () => {
  test('are made again until they go well, and what that took is counted', async () => {
    const { guard } = guardWith();
    let calls = 0;
    const answer = await guard.call('M', async () => (++calls < 4 ? unavailable() : 'fine'), {
      deadline: 1000,
      signal,
    });
    expect(answer).toBe('fine');
    expect(calls).toBe(4);
    expect(guard).toMatchObject({ open: false, reason: null });
    expect(guard.cost).toBeLessThan(750);
  });

  test('that the server answers with an error are not made again', async () => {
    const { guard } = guardWith();
    let calls = 0;
    const attempt = () => {
      calls++;
      return Promise.reject(failing(status.INVALID_ARGUMENT));
    };
    await expect(guard.call('M', attempt, { deadline: 1000, signal })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(calls).toBe(1);
    expect(guard.open).toBe(false);
  });

  test('that fail for more than four seconds leave the service alone', async () => {
    const { guard } = guardWith();
    const started = performance.now();
    await expect(guard.call('M', unavailable, { deadline: 1000, signal })).rejects.toBeInstanceOf(
      Unavailable,
    );
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(3900);
    expect(took).toBeLessThan(5500);
    expect(guard.reason).toMatch(/no connection \(tried \d+ times\)/);
    expect(guard.cost).toBeGreaterThan(3900);
    await expect(guard.call('M', () => Promise.resolve(1), { deadline: 1000, signal })).rejects.toMatchObject(
      {
        name: 'Unavailable',
        service: 'cas',
      },
    );
  });

  test('end with the reason of the abort, also while they wait to be made again', async () => {
    const { guard } = guardWith();
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await expect(guard.call('M', unavailable, { deadline: 1000, signal: abort.signal })).rejects.toThrow(
      'enough',
    );
    expect(guard.open).toBe(false);
  });

  test('that must not happen twice do not, unless the server did nothing', async () => {
    const { guard } = guardWith();
    const count = async (code: status) => {
      let calls = 0;
      const attempt = () => (calls++ === 0 ? Promise.reject(failing(code)) : Promise.resolve());
      await guard.call('M', attempt, { deadline: 1000, signal, idempotent: false }).catch(() => undefined);
      return calls;
    };
    expect(await count(status.DEADLINE_EXCEEDED)).toBe(1);
    expect(await count(status.UNAVAILABLE)).toBe(2);
  });

  test('have no longer than what is left of the budget', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 100, delay: 300 });
    delayBudget.count(0, 200);
    const seen = await guard.call('M', ({ deadline }) => Promise.resolve(deadline), {
      deadline: 3000,
      signal,
    });
    expect(seen).toBe(200);
  });
});

describe('the budget', () => {
  test('bounds what silence costs, whatever is called and however often', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 50, delay: 600 });
    const other = createGuard('action-cache', { latencyBudget: 50, delayBudget });
    const silent = async ({ deadline }: { deadline: number }) => {
      await sleep(deadline);
      throw failing(status.DEADLINE_EXCEEDED);
    };
    const started = performance.now();
    for (const each of [guard, other, guard, other, guard, other]) {
      await each.call('M', silent, { deadline: 200, signal }).catch(() => undefined);
    }
    const took = performance.now() - started;
    expect(took).toBeGreaterThan(500);
    expect(took).toBeLessThan(900);
    expect(delayBudget.left).toBe(0);
    expect(guard.open).toBe(true);
  });

  test('is used up by answers that come late, too', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 20, delay: 300 });
    const late = () => sleep(100);
    let calls = 0;
    try {
      for (; calls < 50; calls++) await guard.call('M', late, { deadline: 1000, signal });
    } catch (error) {
      expect(error).toBeInstanceOf(Unavailable);
    }
    expect(calls).toBeGreaterThan(2);
    expect(calls).toBeLessThan(6);
    expect(delayBudget.left).toBe(0);
  });

  test('counts time that calls lose together once', async () => {
    const { guard } = guardWith({ latencyBudget: 50 });
    const once = () => {
      let calls = 0;
      return async () => {
        if (calls++ > 0) return;
        await sleep(200);
        throw failing(status.DEADLINE_EXCEEDED);
      };
    };
    await Promise.all(Array.from({ length: 16 }, () => guard.call('M', once(), { deadline: 300, signal })));
    expect(guard.cost).toBeGreaterThan(190);
    expect(guard.cost).toBeLessThan(450);
  });
});

describe('latency', () => {
  const answering = async (milliseconds: readonly number[]) => {
    const { guard } = guardWith({ latencyBudget: 40 });
    for (const each of milliseconds)
      await guard.call('M', () => sleep(each), { deadline: 1000, signal, tiny: true });
    return guard;
  };

  test('over the budget in the median leaves the service alone', async () => {
    expect((await answering([1, 80, 80])).reason).toMatch(
      /answers in \d+ ms .* over the latency budget of 40 ms/,
    );
  });

  test('of one slow answer does not', async () => {
    expect((await answering([120, 1, 1])).open).toBe(false);
  });
});

describe('transfers', () => {
  const bytes = 1_000_000;

  test('take what time they need as long as bytes move', async () => {
    const { guard } = guardWith({ latencyBudget: 100, delay: 300 });
    await guard.transfer(
      'Read',
      async ({ moved }) => {
        for (let i = 0; i < 10; i++) {
          await sleep(100);
          moved(100_000);
        }
      },
      { bytes, signal },
    );
    expect(guard.cost).toBe(0);
  });

  test('that stand still are stopped after seconds, and made again', async () => {
    const { guard } = guardWith();
    let attempts = 0;
    await guard.transfer(
      'Read',
      async (limits) => {
        limits.moved(10);
        if (attempts++ === 0) await sleep(20_000, limits.signal);
      },
      { bytes, signal },
    );
    expect(attempts).toBe(2);
    expect(guard.cost).toBeGreaterThan(2900);
    expect(guard.cost).toBeLessThan(4000);
    expect(guard.open).toBe(false);
  });

  test('that trickle use up the budget, and end then', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 100, delay: 700 });
    const started = performance.now();
    const trickle = guard.transfer(
      'Read',
      async (limits) => {
        for (;;) {
          await sleep(20, limits.signal);
          limits.moved(10);
        }
      },
      { bytes, signal },
    );
    await expect(trickle).rejects.toBeInstanceOf(Unavailable);
    expect(performance.now() - started).toBeLessThan(1300);
    expect(delayBudget.left).toBe(0);
  });

  test('that resume lose only the time since their last byte', async () => {
    const run = async (resumable: boolean) => {
      const { guard } = guardWith({ latencyBudget: 100 });
      let attempts = 0;
      await guard.transfer(
        'Read',
        async ({ moved }) => {
          await sleep(300);
          moved(500_000);
          if (attempts++ === 0) throw failing(status.UNAVAILABLE);
        },
        { bytes, signal, resumable },
      );
      return guard.cost;
    };
    expect(await run(true)).toBeLessThan(200);
    expect(await run(false)).toBeGreaterThan(290);
  });

  test('under way end when another finds the service gone', async () => {
    const { guard } = guardWith();
    const waiting = guard.transfer('Read', ({ signal: stop }) => sleep(20_000, stop), { bytes, signal });
    setTimeout(() => guard.leaveAlone('it refuses us'), 50);
    await expect(waiting).rejects.toThrow("the remote's cas service is left alone: it refuses us");
  });
});
