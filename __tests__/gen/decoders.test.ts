import { describe, expect, test } from '@jest/globals';
import * as asset from '../../src/gen/build/bazel/remote/asset/v1/remote_asset.js';
import * as execution from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import * as semver from '../../src/gen/build/bazel/semver/semver.js';
import * as localCas from '../../src/gen/build/buildgrid/local_cas.js';
import * as byteStream from '../../src/gen/google/bytestream/bytestream.js';
import * as operations from '../../src/gen/google/longrunning/operations.js';
import * as duration from '../../src/gen/google/protobuf/duration.js';
import * as timestamp from '../../src/gen/google/protobuf/timestamp.js';
import * as wrappers from '../../src/gen/google/protobuf/wrappers.js';
import * as errors from '../../src/gen/google/rpc/error_details.js';
import * as status from '../../src/gen/google/rpc/status.js';
import { EXTREMES, setNumber } from '../remote/edit-message.js';

const MODULES = [
  ...[asset, execution, semver, localCas, byteStream, operations],
  ...[duration, timestamp, wrappers, errors, status],
];

/** No message of ours has a field with a larger number. */
const LAST_FIELD = 15;

interface Decoder {
  decode(message: Uint8Array): unknown;
}

const decoders = MODULES.flatMap((module) =>
  Object.entries(module as Readonly<Record<string, unknown>>).flatMap(([name, thing]) =>
    typeof thing === 'object' && thing !== null && 'decode' in thing
      ? [[name, thing as Decoder] as const]
      : [],
  ),
);

describe('a message with any number in any of its fields can be read:', () => {
  test.each(decoders)('%s', (_, decoder) => {
    for (let field = 1; field <= LAST_FIELD; field++) {
      for (const value of Object.values(EXTREMES)) {
        const numbers = numbersIn(decoder.decode(setNumber(new Uint8Array(), [field], value)));
        expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([]);
      }
    }
  });
});

test('what JavaScript cannot hold is read as the nearest that it can', () => {
  const read = (value: bigint) => execution.Digest.decode(setNumber(new Uint8Array(), [2], value)).sizeBytes;
  expect(read(2n ** 63n - 1n)).toBe(Number.MAX_SAFE_INTEGER);
  expect(read(-(2n ** 63n))).toBe(Number.MIN_SAFE_INTEGER);
  expect(read(2n ** 53n - 2n)).toBe(Number.MAX_SAFE_INTEGER - 1);
  expect(read(-5n)).toBe(-5);
});

function numbersIn(message: unknown): readonly number[] {
  return Object.values(message as Readonly<Record<string, unknown>>).filter(
    (value): value is number => typeof value === 'number',
  );
}
