import { status } from '@grpc/grpc-js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { ActionCacheClient } from '../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import type { Digest } from '../reapi/digest.js';
import { callUnary, RpcError } from '../rpc/call.js';
import type { Guard } from './guard/guard.js';
import { isUnreadable } from './guard/retry.js';

export interface ActionCacheService {
  readonly actionCache: ActionCacheClient;
  readonly instance: string;
  readonly guard: Guard;
}

/** There is an entry, and it is no ActionResult, or has numbers in it that no build has. */
export class UnreadableEntry extends Error {
  override readonly name = 'UnreadableEntry';
}

/** Of one attempt, in milliseconds. */
const DEADLINE = 3000;

/**
 * The remote's entry for an action, undefined when there is none. Nothing in it is to be believed before it was checked.
 *
 * @throws UnreadableEntry; RpcError or Unavailable, as the guard does
 */
export async function getActionResult(
  service: ActionCacheService,
  actionDigest: Digest,
  signal: AbortSignal,
): Promise<ActionResult | undefined> {
  try {
    return await service.guard.call(
      'GetActionResult',
      (limits) =>
        callUnary(
          'GetActionResult',
          service.actionCache.getActionResult.bind(service.actionCache),
          {
            instanceName: service.instance,
            actionDigest,
            inlineStdout: false,
            inlineStderr: false,
            inlineOutputFiles: [],
            digestFunction: 0,
          },
          limits,
        ),
      { deadline: DEADLINE, signal, tiny: true },
    );
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    if (error.code === status.NOT_FOUND) return undefined;
    if (isUnreadable(error)) throw new UnreadableEntry('it is no ActionResult', { cause: error });
    throw error;
  }
}

/**
 * Writes an entry. Action, Command and everything that the result names are to be on the remote before.
 *
 * @throws RpcError or Unavailable, as the guard does
 */
export async function updateActionResult(
  service: ActionCacheService,
  actionDigest: Digest,
  actionResult: ActionResult,
  signal: AbortSignal,
): Promise<void> {
  await service.guard.call(
    'UpdateActionResult',
    (limits) =>
      callUnary(
        'UpdateActionResult',
        service.actionCache.updateActionResult.bind(service.actionCache),
        {
          instanceName: service.instance,
          actionDigest,
          actionResult,
          resultsCachePolicy: undefined,
          digestFunction: 0,
        },
        limits,
      ),
    { deadline: DEADLINE, signal },
  );
}
