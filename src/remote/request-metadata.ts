import { type Interceptor, InterceptingCall } from '@grpc/grpc-js';
import { RequestMetadata } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { VERSION } from '../gen/version.js';

/** The header that names the caller in a server's logs (REAPI, message RequestMetadata). */
const HEADER = 'build.bazel.remote.execution.v2.requestmetadata-bin';

export const TOOL_NAME = 'buildbox-action';

/** What a server may tell calls apart by. */
export interface Invocation {
  /** The run. */
  readonly id: string;
  /** What the run belongs to, such as the CI's job. */
  readonly correlated: string;
  /** The hash of the action that the calls are for, once it is known; empty before. */
  readonly actionId: () => string;
}

export function requestMetadataInterceptor(invocation: Invocation): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall(options), {
      start: (metadata, listener, next) => {
        metadata.set(HEADER, encodeMetadata(invocation));
        next(metadata, listener);
      },
    });
}

function encodeMetadata({ id, correlated, actionId }: Invocation): Buffer {
  const message: RequestMetadata = {
    toolDetails: { toolName: TOOL_NAME, toolVersion: VERSION },
    actionId: actionId(),
    toolInvocationId: id,
    correlatedInvocationsId: correlated,
    actionMnemonic: '',
    targetId: '',
    configurationId: '',
  };
  return Buffer.from(RequestMetadata.encode(message).finish());
}
