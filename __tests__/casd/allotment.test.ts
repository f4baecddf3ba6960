import { describe, expect, test } from '@jest/globals';
import { allotSpace } from '../../src/casd/allotment.js';

const G = 1e9;
const AMPLE = { own: 0, held: 0, free: 100 * G, quota: 4 * G };

describe('allotSpace', () => {
  test.each([
    ['all of the quota', {}, { quota: 4 * G, reserved: 2 * G }],
    ['less by what is there beside it', { own: G }, { quota: 3 * G, reserved: 2 * G, crowded: false }],
    ['half of it at least', { own: 3 * G }, { quota: 2 * G, crowded: true }],
    ['one byte at least', { quota: 1, own: 9 }, { quota: 1, crowded: true }],
    [
      'all where the disk just has room',
      { free: 6 * G },
      { quota: 4 * G, reserved: 2 * G, smallDisk: false },
    ],
    ['all with a smaller reserve', { free: 5.6 * G }, { quota: 4 * G, reserved: 1.4 * G, smallDisk: false }],
    [
      'all where it has taken its part of the disk',
      { free: G, held: 5 * G },
      { quota: 4 * G, smallDisk: false },
    ],
    ['three quarters of a small disk', { free: G }, { quota: 0.75 * G, reserved: 0.25 * G, smallDisk: true }],
    ['a little of a full disk', { free: 0, held: 0.4 * G }, { quota: 0.3 * G, smallDisk: true }],
    ['something even of no disk', { free: 0 }, { quota: 1, reserved: 0, smallDisk: true }],
    ['something even of a disk in debt', { free: -5 }, { quota: 1, reserved: 0, smallDisk: true }],
  ])('gives casd %s', (_, change, wanted) => {
    expect(allotSpace({ ...AMPLE, ...change })).toMatchObject(wanted);
  });
});
