import { describe, expect, test } from '@jest/globals';
import { archiveBytes, explain } from '../../../../src/packs/transport/github/explain.js';

const RESERVE = '::debug::Failed to reserve cache: Error: Failed to CreateCacheEntry: ';
const FINAL = 'Failed to save: Unable to reserve cache with key k, another job may be creating this cache.';
const V1_RESERVE = `${FINAL} More details: `;
const LOOK = '::warning::Failed to restore: Failed to GetCacheEntryDownloadURL: ';
const DOWN = 'Failed to make request after 5 attempts: ';

describe('what the library said', () => {
  test.each([
    ['a duplicate', `${RESERVE}Received non-retryable error: Failed request: (409) Conflict: x`],
    ['a duplicate, refused politely', `${RESERVE}Error: cache entry already exists`],
    [
      'a duplicate in version 1',
      `${V1_RESERVE}Cache already exists. Scope: refs/heads/main, Key: k, Version: v`,
    ],
    ['a duplicate in version 1 without a message', `${V1_RESERVE}Failed request: (409)`],
  ])('%s is reserved', (_, line) => {
    expect(explain([line, FINAL])?.is).toBe('reserved');
  });

  test.each([
    [
      '::warning::Failed to save: Unable to reserve cache with key k. More details: cache write denied: x',
      'may only read',
    ],
    [`${RESERVE}Received non-retryable error: Failed request: (403) Forbidden: x`, '(403)'],
    [`${RESERVE}Received non-retryable error: Failed request: (401) Unauthorized: x`, '(401)'],
    [`${V1_RESERVE}Failed request: (401)`, '(401)'],
    [
      `${LOOK}Received non-retryable error: Failed request: (403) Forbidden: cache read denied: x`,
      'may not read',
    ],
    [`${LOOK}Received non-retryable error: Failed request: (401) Unauthorized: x`, '(401)'],
    ['::warning::Failed to restore: Cache service responded with 401', '(401)'],
    [
      `${RESERVE}Cache storage quota has been hit. Unable to upload any new cache entries.%0AMore info on`,
      'quota',
    ],
  ])('%s is denied', (line, words) => {
    expect(explain([line, FINAL])).toEqual({ is: 'denied', why: expect.stringContaining(words) });
  });

  test.each([
    [[`${RESERVE}Rate limited: Failed request: (429) Too Many Requests: x`, FINAL], 'too often (429)'],
    [
      ["::warning::You've hit a rate limit, your rate limit will reset in 7 seconds", RESERVE, FINAL],
      '(429), for 7 s',
    ],
    [['::warning::Failed to restore: Cache service responded with 429'], 'too often (429)'],
    [[`${LOOK}${DOWN}Failed request: (503) Service Unavailable`], 'it answered 503'],
    [
      ['::warning::Failed to restore: getCacheEntry failed: Cache service responded with 502'],
      'it answered 502',
    ],
    [['::warning::Failed to save: Cache service responded with 403 during upload chunk.'], 'it answered 403'],
    [[`${LOOK}Unable to make request: ECONNREFUSED%0AIf you are using self-hosted runners`], 'ECONNREFUSED'],
    [[`${LOOK}${DOWN}Unexpected token '<', "<html>" is not valid JSON`], 'no JSON'],
    [
      ['::warning::Failed to restore: Incomplete download. Expected file size: 2, actual file size: 1'],
      'ended early',
    ],
    [['::warning::Failed to restore: aborted'], 'broke off'],
    [
      ['tar: object: Wrote only 1 of 2 bytes: No space left on device', '::warning::Failed to save: x'],
      'no space',
    ],
    [
      ["::warning::Failed to restore: x failed with error: The process 'tar' failed with exit code 2"],
      'no archive',
    ],
    [['::warning::Failed to save: Unable to locate executable file: tar. Please verify'], 'no tar on PATH'],
    [['Failed to ask: Key Validation Error: a,b cannot contain commas.'], 'no such key'],
    [['::warning::something new'], 'does not tell'],
  ])('%j has failed', (lines, words) => {
    expect(explain(lines)).toEqual({ is: 'failed', why: expect.stringContaining(words) });
  });

  test.each([
    [[]],
    [['Cache hit for: k', '::debug::Body: {}', 'Cache Size: ~0 MB (12 B)', 'Cache restored successfully']],
    [['Attempt 1 of 5 failed with error: Failed request: (503). Retrying request in 3000 ms...']],
    [['::debug::Failed to delete archive: Error: ENOENT']],
  ])('%j is no failure', (lines) => {
    expect(explain(lines)).toBeUndefined();
  });

  test('no address is repeated', () => {
    const line = '::warning::Failed to save: https://blobs.example/1?sig=secret (500) sig=secret';
    expect(JSON.stringify(explain([line]))).not.toContain('secret');
  });

  test('the size of the archive', () => {
    expect(archiveBytes(['Cache hit for: k', 'Cache Size: ~1 MB (1003520 B)'])).toBe(1_003_520);
    expect(archiveBytes(['Lookup only - skipping download'])).toBe(0);
  });
});
