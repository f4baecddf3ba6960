import { status } from '@grpc/grpc-js';
import type { Digest } from '../../reapi/digest.js';
import type { RpcError } from '../../rpc/call.js';

/** A blob that the remote did not take. Whatever names it must not be published. */
export interface RefusedBlob {
  readonly digest: Digest;
  readonly reason: string;
}

const ABOUT_ONE: ReadonlySet<status> = new Set([
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
  status.DATA_LOSS,
]);

/** Whether an error would meet every other blob too, as wrong credentials and a full disk do. */
export function isAboutAll({ code, details }: RpcError): boolean {
  if (ABOUT_ONE.has(code)) return false;
  return LASTING_FOR_ALL.has(code) || /OutOfSpace|no space left/i.test(details);
}

const LASTING_FOR_ALL: ReadonlySet<status> = new Set([
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.UNIMPLEMENTED,
]);
