import { expect, test } from '@jest/globals';
import { refuseOverload } from '../../../src/run/look-up/confirm-room.js';

const GB = 1e9;
const disk = (free: number, freeNodes = Infinity) => ({ mount: '/mnt', free, freeNodes });

test.each([
  ['nothing, on a full disk', { bytes: 0, nodes: 0 }, disk(0, 0)],
  ['what leaves a tenth of itself', { bytes: 10 * GB - 1, nodes: 1 }, disk(11 * GB)],
  ['what leaves a gigabyte', { bytes: 99 * GB, nodes: 1 }, disk(100 * GB)],
  ['as many files as there is room for', { bytes: 0, nodes: 7 }, disk(1, 7)],
])('a disk has room for %s', (_, load, on) => {
  expect(() => refuseOverload('they need', load, on)).not.toThrow();
});

test.each([
  ['more than it has', { bytes: 2 * GB, nodes: 1 }, disk(GB), '2 GB, and the disk at /mnt has 1 GB free'],
  [
    'what fills it',
    { bytes: 10 * GB, nodes: 1 },
    disk(10.5 * GB),
    '10 GB, and the disk at /mnt has 10.5 GB free',
  ],
  ['more files', { bytes: 0, nodes: 8 }, disk(1, 7), '8 files, and the disk at /mnt has room for 7'],
])('a disk has no room for %s', (_, load, on, words) => {
  expect(() => refuseOverload('they need', load, on)).toThrow(
    expect.objectContaining({ name: 'UnusableResult', message: `they need ${words}` }),
  );
});
