import { describe, expect, test } from '@jest/globals';
import { usualProcessLimit } from '../../src/sandbox/process-limit.js';

describe('the usual limit of processes', () => {
  test.each([
    ['a runner', 4, Infinity, 4096],
    ['a large machine', 128, Infinity, 32_768],
    ['a container with a limit', 4, 1024, 819],
    ['a machine that is full already', 4, 0, 32],
  ])('%s', (_, processors, room, limit) => expect(usualProcessLimit(processors, room)).toBe(limit));
});
