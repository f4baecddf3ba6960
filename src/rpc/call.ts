import {
  type CallOptions,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { Status } from '../gen/google/rpc/status.js';

/** Every call ends: by its answer, by the signal, or by the deadline. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly deadline: number;
}

/** A call that failed, with what the server said. */
export class RpcError extends Error {
  override readonly name = 'RpcError';

  readonly code: status;
  readonly details: string;

  /** @param code a number that no status has is taken for UNKNOWN, as gRPC says (grpc.io, "Status codes") */
  constructor(
    readonly method: string,
    code: number,
    details: string,
    cause?: unknown,
  ) {
    const known = status[code] !== undefined;
    const said = known ? details : `it answers with status ${code}, which there is not: ${details}`;
    super(`${method}: ${known ? status[code] : status[status.UNKNOWN]}: ${said}`, { cause });
    this.code = known ? code : status.UNKNOWN;
    this.details = said;
  }
}

/** The same for a call that went well as a whole, but has the status of one of its parts in its answer. */
export function rpcErrorOf(method: string, { code, message }: Status): RpcError {
  return new RpcError(method, code, message);
}

type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/**
 * Calls a unary method. Pass the method bound to its client.
 *
 * @throws RpcError, or the signal's reason when it is aborted.
 */
export function callUnary<Request, Response>(
  name: string,
  method: UnaryMethod<Request, Response>,
  request: Request,
  limits: CallLimits,
): Promise<Response> {
  return withAbort(name, limits, (resolve, reject) =>
    method(request, new Metadata(), callOptions(limits), (error, response) =>
      error === null ? resolve(response) : reject(error),
    ),
  );
}

type ServerStreamMethod<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: Partial<CallOptions>,
) => ClientReadableStream<Response>;

/** Calls a method that answers with a stream; ends the call when the caller stops reading. */
export async function* callServerStream<Request, Response>(
  name: string,
  method: ServerStreamMethod<Request, Response>,
  request: Request,
  limits: CallLimits,
): AsyncGenerator<Response, void, undefined> {
  limits.signal.throwIfAborted();
  const call = method(request, new Metadata(), callOptions(limits));
  const cancel = () => call.cancel();
  limits.signal.addEventListener('abort', cancel, { once: true });
  try {
    for await (const message of call as AsyncIterable<Response>) yield message;
  } catch (error) {
    limits.signal.throwIfAborted();
    throw asRpcError(name, error);
  } finally {
    limits.signal.removeEventListener('abort', cancel);
    call.cancel();
  }
}

type ClientStreamMethod<Request, Response> = (
  metadata: Metadata,
  options: Partial<CallOptions>,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientWritableStream<Request>;

/** Calls a method that takes a stream, sending no faster than the server reads. */
export function callClientStream<Request, Response>(
  name: string,
  method: ClientStreamMethod<Request, Response>,
  requests: Iterable<Request> | AsyncIterable<Request>,
  limits: CallLimits,
): Promise<Response> {
  return withAbort(name, limits, (resolve, reject) => {
    const call = method(new Metadata(), callOptions(limits), (error, response) =>
      error === null ? resolve(response) : reject(error),
    );
    sendAll(call, requests).catch((error: unknown) => {
      call.cancel();
      reject(error);
    });
    return call;
  });
}

async function sendAll<Request>(
  call: ClientWritableStream<Request>,
  requests: Iterable<Request> | AsyncIterable<Request>,
): Promise<void> {
  for await (const request of requests) {
    if (call.destroyed || call.writableEnded) return; // The server has answered early.
    if (!call.write(request)) {
      await drained(call);
    }
  }
  call.end();
}

/** Resolves when there is room again, or when none is needed any more. */
function drained(call: NodeJS.EventEmitter): Promise<void> {
  const events = ['drain', 'close', 'error'];
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) call.off(event, done);
      resolve();
    };
    for (const event of events) call.on(event, done);
  });
}

function callOptions(limits: CallLimits): Partial<CallOptions> {
  return { deadline: Date.now() + limits.deadline };
}

function withAbort<Response>(
  name: string,
  { signal }: CallLimits,
  start: (resolve: (response: Response) => void, reject: (error: unknown) => void) => { cancel(): void },
): Promise<Response> {
  signal.throwIfAborted();
  return new Promise<Response>((resolve, reject) => {
    const cancel = () => call.cancel();
    const settle = () => signal.removeEventListener('abort', cancel);
    const call = start(
      (response) => {
        settle();
        resolve(response);
      },
      (error) => {
        settle();
        reject(signal.aborted ? (signal.reason as Error) : asRpcError(name, error));
      },
    );
    signal.addEventListener('abort', cancel, { once: true });
  });
}

function asRpcError(method: string, error: unknown): Error {
  const { code, details } = error as Partial<ServiceError>;
  return typeof code === 'number' ? new RpcError(method, code, details ?? '', error) : (error as Error);
}
