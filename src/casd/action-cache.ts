import type { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { Digest } from '../reapi/digest.js';
import { callUnary } from '../rpc/call.js';
import { type CasdConnection, LOCAL_INSTANCE } from './connection.js';

const DEADLINE = 60_000;

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
