import { expect, test } from '@jest/globals';
import { buildDuration } from '../../../src/run/look-up/build-duration.js';
import { ActionResult } from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';

/** In seconds since 1970; 0 is what stands where only the message was set. */
const took = (start: number | undefined, end: number | undefined) =>
  buildDuration(
    ActionResult.fromPartial({
      executionMetadata: {
        executionStartTimestamp: start === undefined ? undefined : { seconds: start, nanos: 500_000_000 },
        executionCompletedTimestamp: end === undefined ? undefined : { seconds: end, nanos: 0 },
      },
    }),
  );

/** The first second of the year 1, which Go sends where no time was set. */
const YEAR_1 = -62_135_596_800;
const NOW = 1_800_000_000;

test.each([
  ['in between', NOW, NOW + 2, 1500],
  ['nothing where it ended before it began', NOW, NOW - 5, 0],
  ['unknown without a beginning', undefined, NOW, null],
  ['unknown without an end', NOW, undefined, null],
  ['unknown where the beginning is 1970', 0, NOW, null],
  ['unknown where the beginning is the year 1', YEAR_1, NOW, null],
  ['unknown where the end is the year 1', NOW, YEAR_1, null],
  ['unknown where no build takes so long', NOW, Number.MAX_SAFE_INTEGER, null],
  ['unknown between the extremes', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, null],
  ['unknown where both are none', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, null],
])('how long a build took is %s', (_, start, end, expected) => expect(took(start, end)).toBe(expected));
