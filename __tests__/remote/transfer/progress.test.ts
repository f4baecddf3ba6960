import { describe, expect, test } from '@jest/globals';
import { TransferProgress } from '../../../src/remote/transfer/progress.js';
import type { TransferState } from '../../../src/report/run/transfer-words.js';

function follow() {
  let time = 5000;
  const states: TransferState[] = [];
  const progress = new TransferProgress(
    (state) => states.push(state),
    () => time,
  );
  return { progress, states, pass: (milliseconds: number) => (time += milliseconds) };
}

describe('TransferProgress', () => {
  test('tells what has moved of what is known', () => {
    const { progress, states, pass } = follow();
    progress.expect(2, 1000);
    pass(500);
    progress.moved(1, 500);
    progress.expect(1, 4000);
    progress.settle();
    pass(500);
    progress.moved(0, 1500);
    expect(states).toEqual([
      { blobs: 1, bytes: 500, all: { blobs: 2, bytes: 1000, known: false }, speed: 1000 },
      { blobs: 1, bytes: 2000, all: { blobs: 3, bytes: 5000, known: true }, speed: 2000 },
    ]);
  });

  test('tells ten times a second at most, and loses nothing of what it does not tell', () => {
    const { progress, states, pass } = follow();
    progress.expect(1000, 1000);
    for (let i = 0; i < 1000; i++) {
      progress.moved(1, 1);
      pass(1);
    }
    expect(states.length).toBeGreaterThan(5);
    expect(states.length).toBeLessThanOrEqual(10);
    pass(100);
    progress.moved(0, 0);
    expect(states.at(-1)).toMatchObject({ blobs: 1000, bytes: 1000 });
  });

  test('has the speed of the last seconds, not of the whole', () => {
    const { progress, states, pass } = follow();
    progress.expect(1, 1e9);
    const run = (bytes: number) => {
      for (let i = 0; i < 100; i++) {
        pass(100);
        progress.moved(0, bytes);
      }
    };
    run(1000);
    run(50);
    expect(states.at(-1)?.speed).toBe(500);
  });

  test('goes back for what moves again, but never has a speed below zero', () => {
    const { progress, states, pass } = follow();
    progress.expect(1, 1000);
    pass(100);
    progress.moved(0, 900);
    pass(100);
    progress.moved(0, -900);
    pass(100);
    progress.moved(1, 1000);
    expect(states.map(({ bytes }) => bytes)).toEqual([900, 0, 1000]);
    expect(Math.min(...states.map(({ speed }) => speed))).toBe(0);
  });
});
