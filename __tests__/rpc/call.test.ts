import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ReadResponse } from '../../src/gen/google/bytestream/bytestream.js';
import {
  ByteStreamClient,
  type ByteStreamServer,
  ByteStreamService,
} from '../../src/gen/google/bytestream/bytestream.services.js';
import { callClientStream, callServerStream, callUnary, RpcError } from '../../src/rpc/call.js';

const folder = mkdtempSync(join(tmpdir(), 'rpc-'));
const server = new Server();
let client: ByteStreamClient;
let cancelled = 0;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};
const limits = (deadline = 5000, signal = new AbortController().signal) => ({ deadline, signal });

beforeAll(async () => {
  const service: ByteStreamServer = {
    queryWriteStatus: (call, callback) => {
      if (call.request.resourceName === 'silent') call.on('cancelled', () => cancelled++);
      else callback({ code: status.NOT_FOUND, details: 'no such upload' });
    },
    read: (call) => {
      call.on('cancelled', () => cancelled++);
      for (let i = 0; i < 3; i++) call.write({ data: Buffer.from(String(i)) });
      if (call.request.resourceName === 'endless') return;
      if (call.request.resourceName === 'broken')
        call.emit('error', { code: status.DATA_LOSS, details: 'broken' });
      else call.end();
    },
    write: (call, callback) => {
      let size = 0;
      call.on('data', ({ data }: { data: Buffer }) => (size += data.length));
      call.on('end', () => callback(null, { committedSize: size }));
    },
  };
  server.addService(ByteStreamService, service);
  await new Promise((resolve, reject) =>
    server.bindAsync(`unix:${folder}/s`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(undefined),
    ),
  );
  client = new ByteStreamClient(`unix:${folder}/s`, credentials.createInsecure());
});

afterAll(() => {
  client.close();
  server.forceShutdown();
  rmSync(folder, { recursive: true });
});

describe('unary calls', () => {
  const query = (resourceName: string, callLimits = limits()) =>
    callUnary('QueryWriteStatus', client.queryWriteStatus.bind(client), { resourceName }, callLimits);

  test('an error has method, code and what the server said', async () => {
    const error = await query('x').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({
      method: 'QueryWriteStatus',
      code: status.NOT_FOUND,
      details: 'no such upload',
    });
  });

  test('a peer that says nothing costs no more than the deadline', async () => {
    await expect(query('silent', limits(50))).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  test('an abort ends the call on both sides, with the reason of the abort', async () => {
    await until(() => cancelled === 1); // The one before, which ended by its deadline.
    const before = cancelled;
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(query('silent', limits(5000, abort.signal))).rejects.toThrow('enough');
    await until(() => cancelled > before);
  });

  test('nothing is called once it is aborted', async () => {
    const call = () => query('x', limits(5000, AbortSignal.abort(new Error('too late'))));
    await expect(async () => await call()).rejects.toThrow('too late');
  });
});

describe('server streams', () => {
  const read = (resourceName: string, callLimits = limits()) =>
    callServerStream(
      'Read',
      client.read.bind(client),
      { resourceName, readOffset: 0, readLimit: 0 },
      callLimits,
    );
  const collect = async (stream: AsyncIterable<ReadResponse>) => {
    let text = '';
    for await (const { data } of stream) text += data.toString();
    return text;
  };

  test('give what comes, in order', async () => expect(await collect(read('x'))).toBe('012'));

  test('that break give an error, not a short answer', async () => {
    await expect(collect(read('broken'))).rejects.toMatchObject({ name: 'RpcError', method: 'Read' });
  });

  test('end for the server too when nobody reads on', async () => {
    const before = cancelled;
    for await (const _ of read('endless')) break;
    await until(() => cancelled > before);
  });

  test('end by their deadline and by an abort', async () => {
    await expect(collect(read('endless', limits(50)))).rejects.toMatchObject({
      code: status.DEADLINE_EXCEEDED,
    });
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await expect(collect(read('endless', limits(5000, abort.signal)))).rejects.toThrow('enough');
  });
});

describe('client streams', () => {
  async function* chunks(count: number) {
    for (let i = 0; i < count; i++) {
      yield { resourceName: 'x', writeOffset: 0, finishWrite: false, data: Buffer.alloc(100_000) };
      await Promise.resolve();
    }
  }

  test('send everything', async () => {
    const { committedSize } = await callClientStream(
      'Write',
      client.write.bind(client),
      chunks(100),
      limits(),
    );
    expect(committedSize).toBe(10_000_000);
  });

  test('end when what they send cannot be had', async () => {
    async function* failing() {
      yield* chunks(1);
      throw new Error('unreadable');
    }
    await expect(callClientStream('Write', client.write.bind(client), failing(), limits())).rejects.toThrow(
      'unreadable',
    );
  });
});
