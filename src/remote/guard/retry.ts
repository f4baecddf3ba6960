import { Metadata, status } from '@grpc/grpc-js';
import { RetryInfo } from '../../gen/google/rpc/error_details.js';
import { Status } from '../../gen/google/rpc/status.js';
import { RpcError } from '../../rpc/call.js';

/** Failures that may pass. Everything else is an answer: asking again would bring it again. */
const PASSING: ReadonlySet<status> = new Set([
  status.CANCELLED,
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.RESOURCE_EXHAUSTED,
]);

/** Those of them that say that the server did nothing. */
const NOTHING_DONE: ReadonlySet<status> = new Set([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED]);

/** How grpc-js begins what it says of an answer that came and could not be decoded, under the code INTERNAL. */
const UNREADABLE = 'Response message parsing error: ';

/**
 * A full disk stays full (casd has two codes for it), a message that is too large does not shrink, and one that cannot
 * be read is no better the next time.
 */
const LASTING = new RegExp(
  `OutOfSpace|no space left|message (larger|with a size larger) than|^${UNREADABLE}`,
  'i',
);

/** Whether an answer came that is not what it should be. */
export function isUnreadable({ details }: RpcError): boolean {
  return details.startsWith(UNREADABLE);
}

const FIRST_DELAY = 100;
const LONGEST_DELAY = 500;

/** Whether the same call may go well if it is made again. */
export function mayPass(error: unknown, idempotent: boolean): error is RpcError {
  if (!(error instanceof RpcError) || LASTING.test(error.details)) return false;
  return (idempotent ? PASSING : NOTHING_DONE).has(error.code);
}

/**
 * How long to wait before the next attempt, in milliseconds: anything up to a bound that doubles (full jitter).
 *
 * @param failures how many attempts have failed before this one
 * @param random between 0 and 1
 */
export function jitteredDelay(failures: number, random: number): number {
  return random * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
}

/**
 * The `google.rpc.RetryInfo` of a failed call (google/rpc/error_details.proto), which travels in a `google.rpc.Status` in the trailer `grpc-status-details-bin`. Milliseconds.
 */
export function askedDelay(error: RpcError): number | undefined {
  const metadata = (error.cause as { metadata?: unknown } | undefined)?.metadata;
  if (!(metadata instanceof Metadata)) return undefined;
  try {
    for (const trailer of metadata.get('grpc-status-details-bin')) {
      const { details } = Status.decode(trailer as Buffer);
      const info = details.find(({ typeUrl }) => typeUrl.endsWith('/google.rpc.RetryInfo'));
      if (info !== undefined) return retryDelay(info.value);
    }
  } catch {
    return undefined; // Malformed details are no reason to fail otherwise than without them.
  }
  return undefined;
}

function retryDelay(retryInfo: Uint8Array): number | undefined {
  const delay = RetryInfo.decode(retryInfo).retryDelay;
  return delay === undefined ? undefined : Math.max(0, delay.seconds * 1000 + delay.nanos / 1e6);
}
