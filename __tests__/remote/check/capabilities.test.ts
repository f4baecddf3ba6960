import { describe, expect, test } from '@jest/globals';
import {
  type CacheCapabilities,
  ServerCapabilities,
} from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { judgeCapabilities } from '../../../src/remote/check/capabilities.js';
import { EXTREMES, setNumber } from '../edit-message.js';
import { CAPABILITIES } from '../endpoint-server.js';

const version = (text: string) => {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return { major, minor, patch: 0, prerelease: '' };
};
const withVersions = (low?: string, high?: string) =>
  judgeCapabilities({
    ...CAPABILITIES,
    lowApiVersion: low === undefined ? undefined : version(low),
    highApiVersion: high === undefined ? undefined : version(high),
  }).apiVersions;
const withCache = (change: Partial<CacheCapabilities>) => {
  const { cacheCapabilities } = CAPABILITIES;
  if (cacheCapabilities === undefined) throw new Error('there are some');
  return judgeCapabilities({ ...CAPABILITIES, cacheCapabilities: { ...cacheCapabilities, ...change } });
};

describe('API versions', () => {
  test.each([
    ['2.0', '2.3', true, '2.0 to 2.3'],
    ['2.1', '2.1', true, '2.1'],
    ['2.0', '3.1', true, '2.0 to 3.1'],
    ['1.0', '2.0', true, '1.0 to 2.0'],
    ['3.0', '3.1', false, '3.0 to 3.1'],
    ['0.9', '1.4', false, '0.9 to 1.4'],
    [undefined, '2.3', true, '2.3'],
    ['3.0', undefined, false, '3.0'],
    [undefined, undefined, true, 'names none'],
    ['0.0', '2.3', true, '2.3'],
    ['2.0', '0.0', true, '2.0'],
    ['0.0', '0.0', true, 'names none'],
    ['2.0', '2147483647.0', true, '2.0 to 2147483647.0'],
    ['-1.0', '-1.0', false, '-1.0'],
  ])('%s to %s', (low, high, fits, says) => expect(withVersions(low, high)).toEqual({ fits, says }));
});

test.each<[CacheCapabilities['digestFunctions'], boolean, string]>([
  [[1], true, 'SHA256'],
  [[9, 1], true, 'BLAKE3, SHA256'],
  [[9], false, 'BLAKE3'],
  [[99 as 9], false, 'number 99'],
  [[], true, 'names none'],
  [[0], true, 'names none'],
])('digest functions %j', (digestFunctions, fits, says) => {
  expect(withCache({ digestFunctions }).digestFunction).toEqual({ fits, says });
});

test('limits are the smaller of ours and theirs, and zero is none', () => {
  expect(withCache({}).limits).toEqual({
    maxBatchBytes: 3_900_000,
    maxBlobBytes: null,
    zstdBatch: false,
    zstdStream: false,
  });
  expect(
    withCache({ maxBatchTotalSizeBytes: 1000, maxCasBlobSizeBytes: 5000, supportedCompressors: [1] }).limits,
  ).toEqual({ maxBatchBytes: 1000, maxBlobBytes: 5000, zstdBatch: false, zstdStream: true });
  expect(
    withCache({ maxBatchTotalSizeBytes: 1e9, supportedBatchUpdateCompressors: [2, 1] }).limits,
  ).toMatchObject({ maxBatchBytes: 3_900_000, zstdBatch: true });
});

describe('the limits of a server that says', () => {
  test.each(Object.entries(EXTREMES))('%s for the size of a batch and of a blob', (_, value) => {
    const usual = ServerCapabilities.encode(CAPABILITIES).finish();
    const said = setNumber(setNumber(usual, [1, 4], value), [1, 8], value);
    const { limits } = judgeCapabilities(ServerCapabilities.decode(said));
    const bounded = value !== null && value > 0n && value < 2n ** 53n;
    const batch = bounded ? Math.min(Number(value), 3_900_000) : 3_900_000;
    expect(limits).toMatchObject({
      maxBatchBytes: batch,
      maxBlobBytes: bounded ? Number(value) : null,
    });
  });
});

test('a server without a cache takes no updates', () => {
  const bare = judgeCapabilities({ ...CAPABILITIES, cacheCapabilities: undefined });
  expect([bare.updateEnabled, withCache({}).updateEnabled]).toEqual([false, true]);
});

describe('execution', () => {
  const executing = (execEnabled: boolean, digestFunction: 0 | 1 | 9, digestFunctions: (1 | 9)[] = []) =>
    judgeCapabilities({
      ...CAPABILITIES,
      executionCapabilities: {
        execEnabled,
        digestFunction,
        digestFunctions,
        executionPriorityCapabilities: undefined,
        supportedNodeProperties: [],
      },
    }).execution.fits;

  test('needs our digest function', () => {
    expect(executing(true, 1)).toBe(true);
    expect(executing(true, 9, [9, 1])).toBe(true);
    expect(executing(true, 0)).toBe(true);
    expect(executing(true, 9)).toBe(false);
    expect(executing(false, 1)).toBe(false);
    expect(judgeCapabilities(CAPABILITIES).execution.fits).toBe(false);
  });
});
