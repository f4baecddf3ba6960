import { beforeEach, describe, expect, test } from '@jest/globals';
import { type CredentialKeeper, keepCredentials } from '../../src/remote/credentials/keeper.js';
import type { CredentialSource } from '../../src/remote/credentials/source.js';

let now: number;
let asked: number;
let failing: boolean;

const keep = (lifetime: number | null, renewable = true): CredentialKeeper => {
  const source: CredentialSource = {
    description: 'a source',
    renewable,
    get: async () => {
      asked += 1;
      if (failing) throw new Error('nothing');
      return { headers: { number: String(asked) }, expires: lifetime === null ? null : now + lifetime };
    },
  };
  return keepCredentials(source, new AbortController().signal, () => now);
};

beforeEach(() => {
  now = 1_000_000;
  asked = 0;
  failing = false;
});

describe('are kept', () => {
  test.each([
    [null, 10_000_000, true],
    [300_000, 269_000, true],
    [300_000, 271_000, false],
    [10_000, 4900, true],
    [10_000, 5100, false],
    [0, 900, true],
    [-60_000, 900, true],
    [-60_000, 1100, false],
  ])('credentials that live for %p ms, after %p ms: %p', async (lifetime, later, kept) => {
    const keeper = keep(lifetime);
    await keeper.obtain();
    now += later;
    expect(keeper.atHand() !== undefined).toBe(kept);
  });
});

test('who come at once share one question', async () => {
  const keeper = keep(null);
  const all = await Promise.all([keeper.obtain(), keeper.obtain()]);
  expect([all[0], asked]).toEqual([all[1], 1]);
});

test('a source that failed is not asked again at once', async () => {
  const keeper = keep(null);
  failing = true;
  await expect(keeper.obtain()).rejects.toThrow('nothing');
  await expect(keeper.obtain()).rejects.toThrow('nothing');
  expect(asked).toBe(1);
});

describe('refused', () => {
  test('once old, they are renewed, once for all who were refused', async () => {
    const keeper = keep(null);
    const old = await keeper.obtain();
    now += 2001;
    expect([keeper.refused(old), keeper.refused(old)]).toEqual([true, true]);
    const young = await keeper.obtain();
    expect([asked, keeper.refused(old), keeper.refused(young)]).toEqual([2, true, false]);
  });

  test('while young, or from a source that has no others, they stay refused', async () => {
    const keeper = keep(null);
    expect(keeper.refused(await keeper.obtain())).toBe(false);
    const fixed = keep(null, false);
    const only = await fixed.obtain();
    now += 1e9;
    expect(fixed.refused(only)).toBe(false);
  });
});
