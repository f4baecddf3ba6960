import { expect, test } from '@jest/globals';
import { transferWords } from '../../../src/report/run/transfer-words.js';

test.each([
  [123, 45e6, 4000, 300e6, 11e6, '123 of 4,000 blobs, 45 of 300 MB, 11 MB/s'],
  [1, 999, 1, 1.2e9, 1230.4, '1 of 1 blob, 999 B of 1.2 GB, 1.23 kB/s'],
  [0, 0, 12_345, 999_999_999, 0, '0 of 12,345 blobs, 0 B of 1 GB, 0 B/s'],
  [12_345, 1e6, 12_345, 1e6, 0.4, '12,345 of 12,345 blobs, 1 of 1 MB, 0 B/s'],
])('%d blobs of %d bytes, of %d of %d', (blobs, bytes, allBlobs, allBytes, speed, words) => {
  const all = { blobs: allBlobs, bytes: allBytes, known: true };
  expect(transferWords({ blobs, bytes, all, speed })).toBe(words);
});

test('while not all is known', () => {
  const all = { blobs: 1234, bytes: 3e6, known: false };
  expect(transferWords({ blobs: 1000, bytes: 2e6, all, speed: 1e6 })).toBe('1,000 blobs, 2 MB, 1 MB/s');
});
