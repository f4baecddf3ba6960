import { status } from '@grpc/grpc-js';
import { Fault } from '../errors.js';
import { isRunning } from '../process/identity.js';
import { RpcError } from '../rpc/call.js';
import type { CacheFolder } from '../local/folder.js';
import { casdLogTail } from './log-tail.js';
import type { CasdState } from './state.js';

/** What a failed call says to a person: whether the daemon is gone, or there and unwilling. */
export function explainCasdError(error: unknown, folder: CacheFolder, state: CasdState): unknown {
  if (!(error instanceof RpcError)) return error;
  if (!isRunning(state.process)) return casdEnded(folder, error);
  if (isFullCache(error)) {
    return new Fault(`the local cache is full: ${error.message}`, {
      cause: error,
      remedy: 'Raise `cache-quota`, or free space on the disk that holds `cache-dir`.',
    });
  }
  return new Fault(`casd did not do its part: ${error.message}`, { cause: error, log: casdLogTail(folder) });
}

/**
 * Whether casd refuses because disk or quota is full. It says so in two ways: status 8 from its capture calls, and
 * status 13 with an `OutOfSpaceException` from its writes.
 */
export function isFullCache({ code, details }: RpcError): boolean {
  if (code === status.INTERNAL) return details.includes('OutOfSpaceException');
  return code === status.RESOURCE_EXHAUSTED && !details.includes('message larger than max');
}

export class CasdEnded extends Fault {}

export function casdEnded(folder: CacheFolder, cause?: unknown): CasdEnded {
  return new CasdEnded('casd ended during the run', {
    cause,
    log: casdLogTail(folder),
    remedy: 'Something killed it (out of memory?). The next run starts a new one.',
  });
}
