import { Metadata, status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { Status } from '../../../src/gen/google/rpc/status.js';
import { askedDelay, jitteredDelay, mayPass } from '../../../src/remote/guard/retry.js';
import { RpcError } from '../../../src/rpc/call.js';
import { comeBackAfter } from '../connected.js';
import { setNumber } from '../edit-message.js';

const failed = (code: status, details = '') => new RpcError('M', code, details);
const asked = (metadata: Metadata) => new RpcError('M', status.RESOURCE_EXHAUSTED, '', { metadata });

describe('which failures may pass', () => {
  test.each([
    [status.CANCELLED, true],
    [status.UNKNOWN, true],
    [status.INVALID_ARGUMENT, false],
    [status.DEADLINE_EXCEEDED, true],
    [status.NOT_FOUND, false],
    [status.ALREADY_EXISTS, false],
    [status.PERMISSION_DENIED, false],
    [status.RESOURCE_EXHAUSTED, true],
    [status.FAILED_PRECONDITION, false],
    [status.ABORTED, true],
    [status.OUT_OF_RANGE, false],
    [status.UNIMPLEMENTED, false],
    [status.INTERNAL, true],
    [status.UNAVAILABLE, true],
    [status.DATA_LOSS, false],
    [status.UNAUTHENTICATED, false],
  ])('status %d: %p', (code, expected) => expect(mayPass(failed(code), true)).toBe(expected));

  test.each([
    [status.UNAVAILABLE, true],
    [status.RESOURCE_EXHAUSTED, true],
    [status.DEADLINE_EXCEEDED, false],
    [status.INTERNAL, false],
  ])('status %d of a call that must not happen twice: %p', (code, expected) =>
    expect(mayPass(failed(code), false)).toBe(expected),
  );

  test.each([
    [status.INTERNAL, 'OutOfSpaceException: quota of 100 exceeded'],
    [status.RESOURCE_EXHAUSTED, 'write: No space left on device'],
    [status.RESOURCE_EXHAUSTED, 'Received message larger than max (5000000 vs 4194304)'],
    [status.RESOURCE_EXHAUSTED, 'Attempted to send message with a size larger than 4194304'],
  ])('status %d with %p does not', (code, details) =>
    expect(mayPass(failed(code, details), true)).toBe(false),
  );

  test.each([17, 99, -1, NaN])('status %d, which there is not, is as unknown as any', (code) => {
    expect(failed(code, 'it says')).toMatchObject({
      code: status.UNKNOWN,
      message: `M: UNKNOWN: it answers with status ${code}, which there is not: it says`,
    });
  });

  test('an error of our own does not', () => expect(mayPass(new Error('bug'), true)).toBe(false));
});

describe('the delay', () => {
  test.each([
    [0, 100],
    [1, 200],
    [2, 400],
    [3, 500],
    [2000, 500],
  ])('after %d failures is anything up to %d ms', (failures, bound) => {
    expect(jitteredDelay(failures, 0)).toBe(0);
    expect(jitteredDelay(failures, 0.5)).toBe(bound / 2);
    expect(jitteredDelay(failures, 1)).toBe(bound);
  });

  test('that a server asks for is read', () => {
    expect(askedDelay(asked(comeBackAfter(1500)))).toBe(1500);
  });

  test.each<[bigint, number]>([
    [2n ** 63n - 1n, Number.MAX_SAFE_INTEGER * 1000],
    [-(2n ** 63n), 0],
    [-1n, 0],
  ])('that a server asks for may be any: %d s', (seconds, milliseconds) => {
    const info = setNumber(new Uint8Array(), [1, 1], seconds);
    const details = Status.encode({
      code: status.RESOURCE_EXHAUSTED,
      message: '',
      details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: info }],
    }).finish();
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from(details));
    expect(askedDelay(asked(metadata))).toBe(milliseconds);
  });

  test('is not asked for by an error without details, or with garbage', () => {
    const garbage = new Metadata();
    garbage.set('grpc-status-details-bin', Buffer.from('ff00ff', 'hex'));
    expect(askedDelay(asked(garbage))).toBeUndefined();
    expect(askedDelay(asked(new Metadata()))).toBeUndefined();
    expect(askedDelay(failed(status.UNAVAILABLE))).toBeUndefined();
  });
});
