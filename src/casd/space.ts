import { status } from '@grpc/grpc-js';
import type { RpcError } from '../rpc/call.js';

/**
 * Whether casd refuses because disk or quota is full. It says so in two ways: status 8 from its capture calls, and
 * status 13 with an `OutOfSpaceException` from its writes.
 */
export function isFullCache({ code, details }: RpcError): boolean {
  if (code === status.INTERNAL) return details.includes('OutOfSpaceException');
  return code === status.RESOURCE_EXHAUSTED && !details.includes('message larger than max');
}
