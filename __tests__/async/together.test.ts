import { describe, expect, test } from '@jest/globals';
import { together } from '../../src/async/together.js';

const never = new AbortController().signal;
const later = <T>(milliseconds: number, value: T) =>
  new Promise<T>((resolve) => setTimeout(resolve, milliseconds, value));

const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));

describe('together', () => {
  test('gives both results, having run side by side', async () => {
    const started: string[] = [];
    const run = (name: string) => async () => {
      started.push(name);
      await later(5, undefined);
      return started.length;
    };
    expect(await together(never, run('a'), run('b'))).toEqual([2, 2]);
  });

  test('a failure aborts the other, waits for it, and is what is thrown', async () => {
    let cleanedUp = false;
    const slow = async (signal: AbortSignal) => {
      await untilAborted(signal).catch(() => undefined);
      await later(10, undefined);
      cleanedUp = true;
      throw new Error('second');
    };
    await expect(
      together(never, () => later(5, 0).then(() => Promise.reject(new Error('first'))), slow),
    ).rejects.toThrow('first');
    expect(cleanedUp).toBe(true);
  });

  test('an abort from outside reaches both', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('cancelled')), 5);
    await expect(together(abort.signal, untilAborted, untilAborted)).rejects.toThrow('cancelled');
  });
});
