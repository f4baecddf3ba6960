import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import {
  ActionCacheService,
  CapabilitiesService,
  ContentAddressableStorageService,
  ExecutionService,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { ReadResponse } from '../../src/gen/google/bytestream/bytestream.js';
import { ByteStreamService } from '../../src/gen/google/bytestream/bytestream.services.js';

/** What happens to a call, chosen by its method (`Read`, `FindMissingBlobs`, …) and how often it was called before. */
export type Fault =
  /** Passed on, after so many milliseconds. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Passed on, once this has come about. */
  | { readonly kind: 'hold'; readonly until: Promise<void> }
  /** Taken and never answered. */
  | { readonly kind: 'silent' }
  /** Answered with a status, after so many messages of the true answer (none by default). */
  | {
      readonly kind: 'error';
      readonly code: status;
      readonly details?: string;
      readonly metadata?: Metadata;
      readonly after?: number;
    }
  /** Stands still after so many messages of the answer. */
  | { readonly kind: 'stop'; readonly after: number }
  /** The answer's bytes are changed. */
  | { readonly kind: 'garble'; readonly change: (message: Buffer) => Buffer }
  /** What is read of a blob comes evenly, no faster than this. */
  | { readonly kind: 'slow'; readonly bytesASecond: number }
  /** The connection is cut. */
  | { readonly kind: 'cut' }
  /** The server goes away, and does not come back. */
  | { readonly kind: 'die' };

type RawStream = ServerDuplexStream<Buffer, Buffer>;

const SERVICES: readonly ServiceDefinition[] = [
  ActionCacheService,
  CapabilitiesService,
  ContentAddressableStorageService,
  ExecutionService,
  ByteStreamService,
];

const asIs = (message: Buffer) => message;

/** Stands before a real server and passes every call on, but for the faults. */
export class FaultyProxy {
  readonly #folder = mkdtempSync(join(tmpdir(), 'faulty-proxy-'));
  readonly #upstream: Client;
  #server = new Server();
  readonly #onward = new Set<{ cancel(): void }>();
  #stopped = false;
  /** How often each method was called. */
  readonly calls: Record<string, number> = {};
  /** Asked at each call; the metadata is what the client sent. */
  fault: (method: string, call: number, metadata: Metadata) => Fault | undefined = () => undefined;
  /** The answer to each call of a method, for those that are kept from the server. */
  readonly kept: Record<string, Buffer> = {};

  constructor(upstream: string) {
    this.#upstream = new Client(upstream, credentials.createInsecure(), {
      'grpc-node.flow_control_window': 16 * 1024 * 1024,
      'grpc.max_receive_message_length': -1,
    });
  }

  get address(): string {
    return `unix:${this.#folder}/socket`;
  }

  async start(): Promise<void> {
    this.#server = new Server({ 'grpc.max_receive_message_length': -1 });
    for (const service of SERVICES) {
      const raw = Object.fromEntries(
        Object.entries(service).map(([name, method]) => [
          name,
          // On the wire every call is a stream of messages both ways.
          {
            ...method,
            requestStream: true,
            responseStream: true,
            requestSerialize: asIs,
            requestDeserialize: asIs,
            responseSerialize: asIs,
            responseDeserialize: asIs,
          },
        ]),
      );
      const handlers = Object.entries(service).map(([name, { path }]) => [
        name,
        (call: RawStream) => this.#pass(path, call),
      ]);
      this.#server.addService(raw, Object.fromEntries(handlers) as never);
    }
    await new Promise<void>((resolve, reject) =>
      this.#server.bindAsync(this.address, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    );
  }

  /** Ends every connection and listens no more; `start` brings it back. */
  down(): void {
    this.#server.forceShutdown();
  }

  stop(): void {
    this.#stopped = true;
    this.down();
    for (const call of this.#onward) call.cancel();
    this.#upstream.close();
    rmSync(this.#folder, { recursive: true });
  }

  #pass(path: string, call: RawStream): void {
    const method = path.slice(path.lastIndexOf('/') + 1);
    const times = (this.calls[method] = (this.calls[method] ?? 0) + 1);
    const fault = this.fault(method, times, call.metadata);
    call.on('error', () => undefined);
    const answer = this.kept[method];
    if (fault === undefined && answer !== undefined) {
      call.resume();
      call.once('end', () => {
        call.write(answer);
        call.end();
      });
    } else if (fault?.kind === 'silent') call.resume();
    else if (fault?.kind === 'die') this.down();
    else if (fault?.kind === 'cut') {
      this.down();
      void this.start();
    } else if (fault?.kind === 'hold') void fault.until.then(() => this.#forward(path, call, fault));
    else if (fault?.kind === 'error' && fault.after === undefined) call.emit('error', statusOf(fault));
    else setTimeout(() => this.#forward(path, call, fault), fault?.kind === 'delay' ? fault.milliseconds : 0);
  }

  #forward(path: string, call: RawStream, fault: Fault | undefined): void {
    if (this.#stopped) return;
    const onward = this.#upstream.makeBidiStreamRequest(path, asIs, asIs, call.metadata, {});
    this.#onward.add(onward);
    let messages = 0;
    let over = false;
    call.on('cancelled', () => onward.cancel());
    call.on('data', (message: Buffer) => {
      if (onward.write(message)) return;
      call.pause();
      onward.once('drain', () => call.resume());
    });
    call.on('end', () => onward.end());
    if (fault?.kind === 'slow') {
      void trickle(onward, call, fault.bytesASecond);
      return;
    }
    onward.on('data', (message: Buffer) => {
      const after = fault?.kind === 'error' || fault?.kind === 'stop' ? (fault.after ?? 0) : Infinity;
      if (over) return;
      if (messages++ >= after) {
        over = true;
        if (fault?.kind === 'error') call.emit('error', statusOf(fault));
        return;
      }
      if (!call.write(fault?.kind === 'garble' ? fault.change(message) : message)) {
        onward.pause();
        call.once('drain', () => onward.resume());
      }
    });
    onward.on('error', () => undefined);
    onward.on('status', ({ code, details, metadata }: StatusObject) => {
      this.#onward.delete(onward);
      if (over) return;
      // It may come before the last messages are read.
      if (code !== status.OK) call.emit('error', { code, details, metadata });
      else if (onward.readableEnded) call.end();
      else onward.once('end', () => call.end());
    });
  }
}

const PIECES_A_SECOND = 20;

/** Passes on what is read of a blob, in pieces of a twentieth of a second. */
async function trickle(from: AsyncIterable<Buffer>, to: RawStream, bytesASecond: number): Promise<void> {
  const size = Math.ceil(bytesASecond / PIECES_A_SECOND);
  try {
    for await (const message of from) {
      const { data } = ReadResponse.decode(message);
      for (let start = 0; start < data.length && !to.cancelled; start += size) {
        to.write(Buffer.from(ReadResponse.encode({ data: data.subarray(start, start + size) }).finish()));
        await new Promise((resolve) => setTimeout(resolve, 1000 / PIECES_A_SECOND));
      }
    }
    to.end();
  } catch {
    to.destroy(); // Whoever read has gone.
  }
}

function statusOf(fault: Fault & { kind: 'error' }): Partial<StatusObject> {
  return {
    code: fault.code,
    details: fault.details ?? 'as told',
    metadata: fault.metadata ?? new Metadata(),
  };
}
