import { status } from '@grpc/grpc-js';
import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import { callUnary, RpcError } from '../rpc/call.js';
import { type CasdConnection, LOCAL_INSTANCE } from './connection.js';

const DEADLINE = 60_000;

/** The result stored for an action; undefined where there is none, or where casd lacks one of its outputs. */
export async function getActionResult(
  casd: CasdConnection,
  actionDigest: Digest,
  signal: AbortSignal,
): Promise<ActionResult | undefined> {
  try {
    return await callUnary(
      'GetActionResult',
      casd.actionCache.getActionResult.bind(casd.actionCache),
      {
        instanceName: LOCAL_INSTANCE,
        actionDigest,
        inlineStdout: false,
        inlineStderr: false,
        inlineOutputFiles: [],
        digestFunction: 0,
      },
      { signal, deadline: DEADLINE },
    );
  } catch (error) {
    if (error instanceof RpcError && error.code === status.NOT_FOUND) return undefined;
    throw error;
  }
}

/** Stores the result of an action, whose Action, Command and outputs casd has already. */
export async function updateActionResult(
  casd: CasdConnection,
  actionDigest: Digest,
  actionResult: ActionResult,
  signal: AbortSignal,
): Promise<void> {
  await callUnary(
    'UpdateActionResult',
    casd.actionCache.updateActionResult.bind(casd.actionCache),
    {
      instanceName: LOCAL_INSTANCE,
      actionDigest,
      actionResult,
      resultsCachePolicy: undefined,
      digestFunction: 0,
    },
    { signal, deadline: DEADLINE },
  );
}
