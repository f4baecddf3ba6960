import type {
  CallOptions,
  Client,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  Metadata,
  ServiceError,
} from '@grpc/grpc-js';

/** How the messages of a method are made and read where the generated code is not to do it: that copies what is in them. */
export interface Codec<Request, Response> {
  readonly path: string;
  readonly encode: (request: Request) => Buffer;
  readonly decode: (message: Buffer) => Response;
}

type Options = Partial<CallOptions>;
type Callback<Response> = (error: ServiceError | null, response: Response) => void;

/** A method for `callUnary`. */
export function rawUnary<Request, Response>(
  client: Client,
  { path, encode, decode }: Codec<Request, Response>,
) {
  return (
    request: Request,
    metadata: Metadata,
    options: Options,
    callback: Callback<Response>,
  ): ClientUnaryCall =>
    client.makeUnaryRequest(path, encode, decode, request, metadata, options, (error, response) =>
      callback(error, response as Response),
    );
}

/** A method for `callServerStream`. */
export function rawServerStream<Request, Response>(
  client: Client,
  { path, encode, decode }: Codec<Request, Response>,
) {
  return (request: Request, metadata: Metadata, options: Options): ClientReadableStream<Response> =>
    client.makeServerStreamRequest(path, encode, decode, request, metadata, options);
}

/** A method for `callClientStream`. */
export function rawClientStream<Request, Response>(
  client: Client,
  { path, encode, decode }: Codec<Request, Response>,
) {
  return (
    metadata: Metadata,
    options: Options,
    callback: Callback<Response>,
  ): ClientWritableStream<Request> =>
    client.makeClientStreamRequest(path, encode, decode, metadata, options, (error, response) =>
      callback(error, response as Response),
    );
}
