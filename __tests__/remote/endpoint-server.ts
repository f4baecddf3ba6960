import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type handleUnaryCall,
  type Metadata,
  Server,
  ServerCredentials,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { RemoteSettings } from '../../src/config/remote.js';
import { readRemote, type RemoteInput } from '../../src/config/remote.js';
import { FetchService } from '../../src/gen/build/bazel/remote/asset/v1/remote_asset.services.js';
import { type ServerCapabilities } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import {
  ActionCacheService,
  CapabilitiesService,
  ContentAddressableStorageService,
  ExecutionService,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import type { Machine } from '../../src/machine.js';

export const CAPABILITIES: ServerCapabilities = {
  cacheCapabilities: {
    digestFunctions: [1],
    actionCacheUpdateCapabilities: { updateEnabled: true },
    cachePriorityCapabilities: undefined,
    maxBatchTotalSizeBytes: 0,
    symlinkAbsolutePathStrategy: 0,
    supportedCompressors: [],
    supportedBatchUpdateCompressors: [],
    maxCasBlobSizeBytes: 0,
    splitBlobSupport: false,
    spliceBlobSupport: false,
    fastCdc2020Params: undefined,
    repMaxCdcParams: undefined,
  },
  executionCapabilities: undefined,
  deprecatedApiVersion: undefined,
  lowApiVersion: { major: 2, minor: 0, patch: 0, prerelease: '' },
  highApiVersion: { major: 2, minor: 3, patch: 0, prerelease: '' },
};

export type Method =
  | 'GetCapabilities'
  | 'FindMissingBlobs'
  | 'BatchUpdateBlobs'
  | 'GetActionResult'
  | 'UpdateActionResult'
  | 'Execute'
  | 'FetchBlob';

/** What a method answers: a status, milliseconds to wait before the usual answer, or nothing out of the ordinary. */
type Behaviour = { readonly code: status; readonly details?: string } | { readonly wait: number } | undefined;

/** A server of the Remote Execution API in this process, which holds nothing and does as it is told. */
export class EndpointServer {
  readonly calls: { readonly method: Method; readonly metadata: Metadata }[] = [];
  capabilities = CAPABILITIES;
  /** Asked at each call; the metadata is what the client sent. */
  behave: (method: Method, metadata: Metadata) => Behaviour = () => undefined;
  readonly #server = new Server();
  readonly #folder = mkdtempSync(join(tmpdir(), 'endpoint-'));
  port = 0;

  readonly socket = join(this.#folder, 's');

  async start(credentials = ServerCredentials.createInsecure(), host = '127.0.0.1'): Promise<this> {
    const nothing = (method: Method, answer: () => unknown): handleUnaryCall<unknown, unknown> =>
      this.#method(method, answer);
    this.#server.addService(CapabilitiesService, {
      getCapabilities: nothing('GetCapabilities', () => this.capabilities),
    });
    this.#server.addService(ContentAddressableStorageService, {
      findMissingBlobs: nothing('FindMissingBlobs', () => ({ missingBlobDigests: [] })),
      batchUpdateBlobs: nothing('BatchUpdateBlobs', () => ({ responses: [] })),
    });
    this.#server.addService(ActionCacheService, {
      getActionResult: nothing('GetActionResult', () => refusal(status.NOT_FOUND)),
      updateActionResult: nothing('UpdateActionResult', () => refusal(status.INTERNAL)),
    });
    this.#server.addService(ExecutionService, {
      execute: (call: { metadata: Metadata; emit(event: 'error', error: unknown): void }) => {
        const handle = nothing('Execute', () => refusal(status.INVALID_ARGUMENT));
        handle(call as never, (error) => call.emit('error', error));
      },
    });
    this.#server.addService(FetchService, {
      fetchBlob: nothing('FetchBlob', () => refusal(status.INVALID_ARGUMENT)),
    });
    const bind = (address: string) =>
      new Promise<number>((resolve, reject) =>
        this.#server.bindAsync(address, credentials, (error, port) =>
          error === null ? resolve(port) : reject(error),
        ),
      );
    this.port = await bind(`${host}:0`);
    await bind(`unix:${this.socket}`);
    return this;
  }

  stop(): void {
    this.#server.forceShutdown();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #method(method: Method, answer: () => unknown): handleUnaryCall<unknown, unknown> {
    return ({ metadata }, callback) => {
      this.calls.push({ method, metadata });
      const behaviour = this.behave(method, metadata);
      if (behaviour !== undefined && 'code' in behaviour) {
        callback({ details: '', ...behaviour });
        return;
      }
      setTimeout(() => {
        const what = answer();
        if (isRefusal(what)) callback(what as ServiceError);
        else callback(null, what);
      }, behaviour?.wait ?? 0);
    };
  }
}

function refusal(code: status) {
  return { code, details: 'asked for nothing' };
}

function isRefusal(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'code' in answer;
}

export const MACHINE: Machine = {
  workspace: '/nonexistent',
  home: '/home/someone',
  temporary: tmpdir(),
  userCache: '/home/someone/.cache',
  programs: '/opt/buildbox-action/dist',
  toolCache: undefined,
  path: (process.env.PATH ?? '').split(':'),
  image: undefined,
  environment: { PATH: process.env.PATH ?? '' },
  builder: 'someone@here',
  uid: 1000,
  gid: 1000,
};

/** Settings as a user would give them. */
export function settingsOf(given: Partial<Record<RemoteInput, string>>): RemoteSettings {
  const all = { 'on-unavailable': 'continue', 'latency-budget': '500ms', ...given };
  const settings = readRemote((name) => (all as Partial<Record<RemoteInput, string>>)[name] ?? '', MACHINE);
  if (settings === undefined) throw new Error('no remote is given');
  return settings;
}
