import { describe, expect, test } from '@jest/globals';
import { STALL_MILLISECONDS } from '../../../src/remote/transfer/flow.js';
import { TransferWindow } from '../../../src/remote/transfer/window.js';

const MEBIBYTE = 1024 * 1024;
const BATCH = MEBIBYTE / 2;

interface Link {
  readonly bytesASecond: number;
  /** Milliseconds. */
  readonly roundTrip: number;
  /** How many batches share the link evenly, as streams of HTTP/2 may; the others wait behind them. */
  readonly sharing: number;
}

/**
 * Sends batches through a link. Each is answered a round trip after its last byte has left.
 *
 * @returns milliseconds without an answer, the longest; and, after the first answer, those in which the link was idle
 */
function send(batches: number, { bytesASecond, roundTrip, sharing }: Link) {
  let now = 0;
  const window = new TransferWindow(() => now);
  const underWay: { left: number; answered: number | undefined }[] = [];
  let [sent, lastAnswer, silence, idle] = [0, 0, 0, 0];
  for (; sent < batches || underWay.length > 0; now++) {
    for (const batch of underWay.filter(({ answered }) => answered === now)) {
      underWay.splice(underWay.indexOf(batch), 1);
      silence = Math.max(silence, now - lastAnswer);
      lastAnswer = now;
      window.moved(BATCH);
    }
    while (sent < batches && window.admits(BATCH, underWay.length * BATCH)) {
      underWay.push({ left: BATCH, answered: undefined });
      sent++;
    }
    const moving = underWay.filter(({ left }) => left > 0).slice(0, sharing);
    if (moving.length === 0 && lastAnswer > 0 && sent < batches) idle++;
    for (const batch of moving) {
      batch.left -= bytesASecond / 1000 / moving.length;
      if (batch.left <= 0) batch.answered = now + 1 + roundTrip;
    }
  }
  return { silence, idle };
}

describe('a window', () => {
  test.each([0, 80, 300])('on a slow link never makes it look stalled, at %d ms', (roundTrip) => {
    for (const bytesASecond of [MEBIBYTE / 4, MEBIBYTE / 2, MEBIBYTE, 2 * MEBIBYTE]) {
      const { silence } = send(40, { bytesASecond, roundTrip, sharing: Infinity });
      expect(silence).toBeLessThan(STALL_MILLISECONDS);
    }
  });

  test('keeps a link of 100 Mbit/s at 80 ms busy from the first answer on', () => {
    expect(send(40, { bytesASecond: 12_500_000, roundTrip: 80, sharing: 1 }).idle).toBe(0);
  });

  test('admits one piece of any size alone', () => {
    const window = new TransferWindow();
    expect(window.admits(1e9, 0)).toBe(true);
    expect(window.admits(1e9, 1)).toBe(false);
  });

  test('tells when it admits more', async () => {
    let now = 0;
    const window = new TransferWindow(() => now);
    expect([window.admits(BATCH, 0), window.admits(BATCH, BATCH)]).toEqual([true, false]);
    const { changed } = window;
    now = 100;
    window.moved(BATCH);
    await changed;
    expect(window.changed).not.toBe(changed);
    expect(window.admits(BATCH, BATCH)).toBe(true);
  });

  /** The most that it admits, in MiB. */
  function sizeOf(window: TransferWindow): number {
    let size = 0;
    while (window.admits(MEBIBYTE / 4, size * MEBIBYTE) && size < 100) size += 0.25;
    return size;
  }

  test('grows no further than 6 MiB', () => {
    const window = new TransferWindow();
    expect(window.admits(0, 0)).toBe(true);
    for (let i = 0; i < 100; i++) window.moved(MEBIBYTE);
    expect(sizeOf(window)).toBe(6);
  });

  test.each([
    ['is wider where others have shown that the link is fast', 0.1 * MEBIBYTE, 100, 2],
    ['but not by much', 10 * MEBIBYTE, 100, 2.5],
    ['and is no narrower where it is slow', 0.1 * MEBIBYTE, 1000, 0.5],
  ])('%s', (_, bytes, milliseconds, expected) => {
    let now = 0;
    const window = new TransferWindow(() => now);
    now = milliseconds;
    window.heard(bytes);
    expect(sizeOf(window)).toBe(expected);
  });

  test('believes its own answers more than others', () => {
    let now = 0;
    const window = new TransferWindow(() => now);
    window.heard(10 * MEBIBYTE);
    expect(sizeOf(window)).toBe(2.5);
    now = 2000;
    window.moved(BATCH);
    window.heard(10 * MEBIBYTE);
    expect(sizeOf(window)).toBe(0.5);
  });
});
