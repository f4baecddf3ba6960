import { status } from '@grpc/grpc-js';
import { describe, expect, test } from '@jest/globals';
import { isFullCache } from '../../src/casd/faults.js';
import { RpcError } from '../../src/rpc/call.js';

describe('isFullCache', () => {
  test.each([
    [status.RESOURCE_EXHAUSTED, 'Insufficient space: quota is exceeded', true],
    [status.INTERNAL, 'OutOfSpaceException exception thrown', true],
    [status.INTERNAL, 'something else', false],
    [status.NOT_FOUND, 'no space for this', false],
    [status.RESOURCE_EXHAUSTED, 'Received message larger than max (5000000 vs. 4194304)', false],
  ])('status %d, %s: %s', (code, details, full) => {
    expect(isFullCache(new RpcError('CaptureFiles', code, details))).toBe(full);
  });
});
