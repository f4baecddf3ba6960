import { describe, expect, test } from '@jest/globals';
import { HandOver } from '../../src/async/hand-over.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('HandOver', () => {
  test('hands on in order, until it is closed', async () => {
    const handOver = new HandOver<number>(10);
    const read = (async () => {
      const things: number[] = [];
      for await (const thing of handOver) things.push(thing);
      return things;
    })();
    await handOver.push(1);
    await turn();
    await Promise.all([handOver.push(2), handOver.push(3)]);
    handOver.close();
    expect(await read).toEqual([1, 2, 3]);
  });

  test('has writers wait until there is room', async () => {
    const handOver = new HandOver<number>(2);
    let written = 0;
    const write = (async () => {
      for (; written < 10; written++) await handOver.push(written);
      handOver.close();
    })();
    await turn();
    expect(written).toBe(2); // The third waits to be taken.
    const reader = handOver[Symbol.asyncIterator]();
    expect(await reader.next()).toEqual({ done: false, value: 0 });
    await turn();
    expect(written).toBe(3);
    for (let i = 1; i < 10; i++) expect(await reader.next()).toEqual({ done: false, value: i });
    await write;
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });

  test('keeps nobody waiting for a reader that has stopped', async () => {
    const handOver = new HandOver<number>(0);
    const waiting = [handOver.push(1), handOver.push(2), handOver.push(3)];
    for await (const _ of handOver) break;
    await Promise.all(waiting);
    await handOver.push(4);
  });
});
