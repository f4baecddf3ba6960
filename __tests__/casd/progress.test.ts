import { describe, expect, test } from '@jest/globals';
import { compare, type Sample, type Standstill, troubleOf } from '../../src/casd/progress.js';

const IDLE: Omit<Sample, 'at'> = {
  usage: { size: 5, quota: 100 },
  moved: 'rchar: 7',
  worked: 0,
  onDisk: false,
  awaited: 'by-us',
};
const FULL = { ...IDLE, usage: { size: 100, quota: 100 } };

/** Looks every half second, at most for so many seconds; when which trouble was found. */
function play(seconds: number, sampleAt: (second: number) => Omit<Sample, 'at'>): string {
  let standstill: Standstill | undefined;
  for (let second = 0; second <= seconds; second += 0.5) {
    standstill = compare(standstill, { at: second * 1000, ...sampleAt(second) });
    const trouble = troubleOf(standstill);
    if (trouble !== undefined) return `${trouble} at ${second}`;
  }
  return 'well';
}

describe('troubleOf', () => {
  test.each<[string, string, (second: number) => Omit<Sample, 'at'>]>([
    ['waits for space', 'full at 10', () => FULL],
    ['holds more than its quota', 'full at 10', () => ({ ...FULL, usage: { size: 900, quota: 100 } })],
    ['waits for space, perhaps for us', 'full at 10', () => ({ ...FULL, awaited: 'perhaps' })],
    ['is full while nobody waits', 'well', () => ({ ...FULL, awaited: 'no' })],
    ['is full, and makes room', 'well', (at) => ({ ...FULL, usage: { size: 900 - at, quota: 100 } })],
    ['is full, and looks what may go', 'well', (at) => ({ ...FULL, worked: 10 * at })],
    ['is full, and does next to nothing', 'full at 10', (at) => ({ ...FULL, worked: 2 * at })],
    ['does nothing for us', 'idle at 60', () => IDLE],
    ['does nothing, and nobody asked for it', 'well', () => ({ ...IDLE, awaited: 'no' })],
    ['does nothing, and may have nothing to do', 'well', () => ({ ...IDLE, awaited: 'perhaps' })],
    ['reads slowly', 'well', (at) => ({ ...IDLE, moved: `rchar: ${at >> 3}` })],
    ['waits for a disk that hangs', 'well', () => ({ ...IDLE, onDisk: true })],
    ['does not answer', 'silent at 15', () => ({ ...IDLE, usage: undefined })],
    [
      'does not answer while nobody waits',
      'silent at 15',
      () => ({ ...IDLE, usage: undefined, awaited: 'no' }),
    ],
    [
      'answers now and then',
      'well',
      (at) => (at % 12 === 0 ? IDLE : { ...IDLE, usage: undefined, moved: `${at}` }),
    ],
    [
      'is full once a transfer has begun',
      'full at 30',
      (at) => ({ ...FULL, awaited: at <= 20 ? 'no' : 'by-us' }),
    ],
  ])('a casd that %s: %s', (_, found, sampleAt) => {
    expect(play(200, sampleAt)).toBe(found);
  });
});
