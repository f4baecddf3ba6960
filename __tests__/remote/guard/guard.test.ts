import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createDelayBudget } from '../../../src/remote/guard/delay-budget.js';
import { createGuard, type TransferLimits, Unavailable } from '../../../src/remote/guard/guard.js';
import { pause } from '../../../src/async/pause.js';
import { type CallLimits, RpcError } from '../../../src/rpc/call.js';
import { comeBackAfter } from '../connected.js';

/** Time is the test's: nothing here depends on how busy the machine is. */
beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const STEP = 10;
const signal = new AbortController().signal;
const failing = (code: status, details = 'as told', cause?: unknown) =>
  new RpcError('M', code, details, cause);
const unavailable = () => Promise.reject(failing(status.UNAVAILABLE, 'no connection'));
/** Somebody who never answers; gRPC ends such a call at its deadline. */
const silent = async ({ deadline, signal: stop }: CallLimits) => {
  await pause(deadline, stop);
  throw failing(status.DEADLINE_EXCEEDED);
};

function guardWith({ latencyBudget = 500, delay = 10_000, random = (): number => 0.5 } = {}) {
  const delayBudget = createDelayBudget(delay);
  const settings = { latencyBudget, delayBudget, random, now: () => performance.now() };
  return {
    delayBudget,
    guard: createGuard('cas', settings),
    other: createGuard('action-cache', settings),
  };
}

/** Lets time go by until this has ended; what came of it, and the milliseconds that it took. */
async function timed<T>(work: () => Promise<T>) {
  const started = performance.now();
  let over: { value?: T; error?: unknown } | undefined;
  work().then(
    (value) => (over = { value }),
    (error: unknown) => (over = { error }),
  );
  while (over === undefined) await jest.advanceTimersByTimeAsync(STEP);
  return { ...over, took: performance.now() - started };
}

describe('calls', () => {
  const options = { deadline: 1000, signal };

  test('are made again until they go well, and what that took is counted', async () => {
    const { guard, delayBudget } = guardWith();
    let calls = 0;
    const { value } = await timed(() =>
      guard.call('M', async () => (++calls < 4 ? unavailable() : 'fine'), options),
    );
    expect(value).toBe('fine');
    expect(calls).toBe(4);
    expect(guard).toMatchObject({ open: false, reason: null });
    expect(delayBudget.lost.total).toBe(50 + 100 + 200);
  });

  test('that the server answers with an error are not made again', async () => {
    const { guard } = guardWith();
    let calls = 0;
    const attempt = () => {
      calls++;
      return Promise.reject(failing(status.INVALID_ARGUMENT));
    };
    const { error } = await timed(() => guard.call('M', attempt, options));
    expect(error).toMatchObject({ code: status.INVALID_ARGUMENT });
    expect(calls).toBe(1);
    expect(guard.open).toBe(false);
  });

  test.each([0, 0.3, 0.99])('outlast a restart of two seconds (%d)', async (random) => {
    const { guard } = guardWith({ random: () => random });
    const back = performance.now() + 2000;
    const { value } = await timed(() =>
      guard.call('M', async () => (performance.now() < back ? unavailable() : 'fine'), options),
    );
    expect(value).toBe('fine');
  });

  test.each([0.01, 0.5, 0.99])('to nobody cost little more than that (%d)', async (random) => {
    const { guard, delayBudget } = guardWith({ random: () => random });
    const { error, took } = await timed(() => guard.call('M', unavailable, options));
    expect(error).toBeInstanceOf(Unavailable);
    expect(took).toBe(2500);
    expect(delayBudget.lost.total).toBe(2500);
    expect(guard.reason).toMatch(/no connection \(tried \d+ times\)/);
    const next = await timed(() => guard.call('M', () => Promise.resolve(1), options));
    expect(next.error).toMatchObject({ name: 'Unavailable', service: 'cas' });
    expect(next.took).toBe(STEP);
  });

  test('to somebody silent are made twice', async () => {
    const { guard, delayBudget } = guardWith();
    const { error } = await timed(() => guard.call('M', silent, { ...options, deadline: 3000 }));
    expect(error).toBeInstanceOf(Unavailable);
    expect(delayBudget.lost.total).toBe(6050);
  });

  test('are made again when the server wants it, however often, while the budget lasts', async () => {
    const { guard, delayBudget } = guardWith({ random: () => 0 });
    let calls = 0;
    const busy = () =>
      Promise.reject(failing(status.RESOURCE_EXHAUSTED, 'busy', { metadata: comeBackAfter(1500) }));
    const { value, took } = await timed(() =>
      guard.call('M', async () => (++calls < 5 ? busy() : 'fine'), options),
    );
    expect([value, took]).toEqual(['fine', 6000]);
    const { error } = await timed(() => guard.call('M', busy, options));
    expect(error).toBeInstanceOf(Unavailable);
    expect(delayBudget.lost.total).toBe(9000);
  });

  test('end with the reason of the abort, also while they wait to be made again', async () => {
    const { guard } = guardWith();
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 130);
    const { error, took } = await timed(() =>
      guard.call('M', unavailable, { deadline: 1000, signal: abort.signal }),
    );
    expect(error).toEqual(new Error('enough'));
    expect(took).toBe(130);
    expect(guard.open).toBe(false);
  });

  test('that must not happen twice do not, unless the server did nothing', async () => {
    const { guard } = guardWith();
    const count = async (code: status) => {
      let calls = 0;
      const attempt = () => (calls++ === 0 ? Promise.reject(failing(code)) : Promise.resolve());
      await timed(() => guard.call('M', attempt, { ...options, idempotent: false }));
      return calls;
    };
    expect(await count(status.DEADLINE_EXCEEDED)).toBe(1);
    expect(await count(status.UNAVAILABLE)).toBe(2);
  });

  test('have no longer than what is left of the budget', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 100, delay: 300 });
    delayBudget.count(-200, 0);
    const { value } = await timed(() =>
      guard.call('M', ({ deadline }) => Promise.resolve(deadline), { deadline: 3000, signal }),
    );
    expect(value).toBe(100);
  });
});

describe('the budget', () => {
  test('bounds what silence costs, whatever is called and however often', async () => {
    const { guard, other, delayBudget } = guardWith({ latencyBudget: 50, delay: 600 });
    const { took } = await timed(async () => {
      for (const each of [guard, other, guard, other, guard, other]) {
        await each.call('M', silent, { deadline: 200, signal }).catch(() => undefined);
      }
    });
    expect(took).toBe(600);
    expect(delayBudget.left).toBe(0);
    expect(guard.open).toBe(true);
  });

  test('is used up by answers that come late', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 20, delay: 300 });
    const { took, error } = await timed(async () => {
      for (;;) await guard.call('M', () => pause(100, signal), { deadline: 1000, signal });
    });
    expect(error).toBeInstanceOf(Unavailable);
    expect(took).toBe(300);
    expect(delayBudget.lost.total).toBe(240);
  });

  test('is used up by good answers, too, when there is no end of them; they are no delay', async () => {
    const { guard, delayBudget } = guardWith();
    const { took, error } = await timed(async () => {
      for (;;) await guard.call('M', () => pause(400, signal), { deadline: 3000, signal });
    });
    expect(error).toBeInstanceOf(Unavailable);
    expect(took).toBe(10_000);
    expect(delayBudget.lost.total).toBe(0);
  });

  test('is used up by a chain of small transfers', async () => {
    const { guard, delayBudget } = guardWith();
    const tiny = async (limits: TransferLimits) => {
      limits.moved(100);
      await pause(400, limits.signal);
    };
    const { took, error } = await timed(async () => {
      for (;;) await guard.transfer('Read', tiny, { bytes: 100, signal });
    });
    expect(error).toBeInstanceOf(Unavailable);
    expect(took).toBeGreaterThan(9990);
    expect(took).toBeLessThan(10_200);
    expect(delayBudget.lost.total).toBe(0);
  });

  test('counts time that calls lose together once', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 50 });
    const once = () => {
      let calls = 0;
      return async (limits: CallLimits) => {
        if (calls++ === 0) await silent({ ...limits, deadline: 200 });
      };
    };
    await timed(() =>
      Promise.all(Array.from({ length: 16 }, () => guard.call('M', once(), { deadline: 300, signal }))),
    );
    expect(delayBudget.lost.total).toBe(250);
  });
});

describe('latency', () => {
  const answering = async (milliseconds: readonly number[]) => {
    const { guard } = guardWith({ latencyBudget: 40 });
    for (const each of milliseconds) {
      const attempt = () => pause(each, signal);
      await timed(() => guard.call('M', attempt, { deadline: 1000, signal, tiny: true }));
    }
    return guard;
  };

  test.each([[[80, 80]], [[1, 80, 80]], [[80, 1, 80]]])('over the budget in %j', async (milliseconds) => {
    const { reason } = await answering(milliseconds);
    expect(reason).toBe('it answers in 80 ms, over the latency budget of 40 ms');
  });

  test.each([[[80]], [[1, 80, 1]], [[80, 1, 1]], [[1, 1, 80, 80, 80]]])(
    'within it in %j',
    async (milliseconds) => expect((await answering(milliseconds)).open).toBe(false),
  );
});

describe('transfers', () => {
  const bytes = 1_000_000;

  test('take what time they need as long as bytes move', async () => {
    const { guard, delayBudget } = guardWith({ latencyBudget: 100, delay: 300 });
    const attempt = async ({ moved }: TransferLimits) => {
      for (let i = 0; i < 100; i++) {
        await pause(100, signal);
        moved(100_000);
      }
    };
    const { took } = await timed(() => guard.transfer('Read', attempt, { bytes, signal }));
    expect(took).toBe(10_000);
    expect(delayBudget.lost.total).toBe(0);
    expect(guard.moved).toBe(10_000_000);
  });

  test('that stand still are stopped after seconds, and made again', async () => {
    const { guard, delayBudget } = guardWith();
    let attempts = 0;
    const attempt = async (limits: TransferLimits) => {
      limits.moved(10);
      if (attempts++ === 0) await pause(20_000, limits.signal);
    };
    await timed(() => guard.transfer('Read', attempt, { bytes, signal }));
    expect(attempts).toBe(2);
    expect(delayBudget.lost.total).toBe(3050);
    expect(guard.open).toBe(false);
  });

  test('that trickle use up the budget, and end then', async () => {
    const { guard, delayBudget } = guardWith();
    const attempt = async (limits: TransferLimits) => {
      for (;;) {
        await pause(100, limits.signal);
        limits.moved(100);
      }
    };
    const { took, error } = await timed(() => guard.transfer('Read', attempt, { bytes, signal }));
    expect(error).toBeInstanceOf(Unavailable);
    expect(took).toBeLessThan(10_200);
    expect(delayBudget.lost.total).toBeGreaterThan(9000);
  });

  test('of many small blobs are paid for by their number, too', async () => {
    const { guard, delayBudget } = guardWith();
    const attempt = async ({ moved }: TransferLimits) => {
      for (let i = 0; i < 100; i++) {
        await pause(300, signal);
        for (let j = 0; j < 100; j++) moved(200, 1);
      }
    };
    await timed(() => guard.transfer('BatchUpdateBlobs', attempt, { bytes, signal }));
    expect([guard.open, delayBudget.lost.total]).toEqual([false, 0]);
  });

  test('that resume lose only the time since their last byte', async () => {
    const run = async (resumable: boolean) => {
      const { guard, delayBudget } = guardWith({ latencyBudget: 100 });
      let attempts = 0;
      const attempt = async ({ moved }: TransferLimits) => {
        await pause(1000, signal);
        moved(1_000_000);
        if (attempts++ === 0) throw failing(status.UNAVAILABLE);
      };
      await timed(() => guard.transfer('Read', attempt, { bytes, signal, resumable }));
      return delayBudget.lost.total;
    };
    expect(await run(true)).toBe(50);
    expect(await run(false)).toBe(1050);
  });

  test('are made again after a long one was cut off by a restart of two seconds', async () => {
    const { guard } = guardWith();
    let back = Infinity;
    const attempt = async ({ moved }: TransferLimits) => {
      if (performance.now() < back && back < Infinity) await unavailable();
      await pause(4000, signal);
      moved(4_000_000);
      if (back < Infinity) return 'sent';
      back = performance.now() + 2000;
      return unavailable();
    };
    const { value } = await timed(() => guard.transfer('Write', attempt, { bytes: 4_000_000, signal }));
    expect(value).toBe('sent');
  });

  test('under way end when another finds the service gone', async () => {
    const { guard } = guardWith();
    setTimeout(() => guard.leaveAlone('it refuses us'), 50);
    const { error } = await timed(() =>
      guard.transfer('Read', ({ signal: stop }) => pause(20_000, stop), { bytes, signal }),
    );
    expect(error).toMatchObject({
      message: "the remote's cas service is left alone: it refuses us",
    });
  });
});

describe('whatever a server does, it costs a run no more than the budget and the time that its bytes are worth', () => {
  /** Numbers that look random, the same for the same seed. */
  const dice = (seed: number) => () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return seed / 0x80000000;
  };

  test.each(Array.from({ length: 40 }, (_, i) => i + 1))('seed %d', async (seed) => {
    const random = dice(seed);
    const { guard, other } = guardWith({ random, latencyBudget: 200 });
    const pick = <T>(...choices: readonly T[]) => choices[Math.floor(random() * choices.length)] as T;
    const refuse = () => {
      const code = pick(status.UNAVAILABLE, status.INTERNAL, status.RESOURCE_EXHAUSTED, status.NOT_FOUND);
      const cause = pick(undefined, { metadata: comeBackAfter(pick(100, 2000)) });
      return failing(code, 'as told', cause);
    };
    const answer = async (limits: CallLimits) => {
      const time = pick(1, 150, 199, 250, 2900, Infinity);
      if (time > limits.deadline) await silent(limits);
      await pause(time, limits.signal);
      if (pick(true, false)) throw refuse();
    };
    const stream = async (limits: TransferLimits) => {
      const [many, every, much] = [pick(1, 5, 50), pick(10, 190, 1000, 2900), pick(1, 1000, 100_000, 4e6)];
      for (let i = 0; i < many; i++) {
        await pause(every, limits.signal);
        limits.moved(much);
      }
      if (pick(true, false)) throw refuse();
    };
    const { took } = await timed(async () => {
      for (let i = 0; i < 300 && !(guard.open && other.open); i++) {
        const work = () => {
          const at = pick(guard, other);
          return pick(true, false)
            ? at.call('M', answer, { deadline: 3000, signal, tiny: pick(true, false) })
            : at.transfer('M', stream, { bytes: 4e6, signal, resumable: pick(true, false) });
        };
        await Promise.allSettled(Array.from({ length: pick(1, 1, 2, 8) }, work));
      }
    });
    const paid = ((guard.moved + other.moved) / (256 * 1024)) * 1000;
    expect(took).toBeLessThanOrEqual(10_000 + paid + 200);
  });
});
