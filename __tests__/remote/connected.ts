import { createCipheriv } from 'node:crypto';
import { Channel, credentials, Metadata, status } from '@grpc/grpc-js';
import {
  ActionCacheClient,
  ContentAddressableStorageClient,
} from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { ByteStreamClient } from '../../src/gen/google/bytestream/bytestream.services.js';
import { RetryInfo } from '../../src/gen/google/rpc/error_details.js';
import { Status } from '../../src/gen/google/rpc/status.js';
import type { ActionCacheService } from '../../src/remote/action-cache.js';
import type { CasLimits, CasService } from '../../src/remote/cas-service.js';
import { createDelayBudget, type DelayBudget } from '../../src/remote/guard/delay-budget.js';
import { createGuard } from '../../src/remote/guard/guard.js';

export interface Connected {
  readonly cas: CasService;
  readonly actionCache: ActionCacheService;
  readonly budget: DelayBudget;
  close(): void;
}

export const UNLIMITED: CasLimits = {
  maxBatchBytes: 3_900_000,
  maxBlobBytes: null,
  zstdBatch: false,
  zstdStream: false,
};

/** Clients of a server, with guards of their own. */
export function connectTo(
  address: string,
  limits: Partial<CasLimits> = {},
  { latencyBudget = 500, delay = 10_000, instance = '' } = {},
): Connected {
  const insecure = credentials.createInsecure();
  const channel = new Channel(address, insecure, {
    'grpc-node.flow_control_window': 16 * 1024 * 1024,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  const options = { channelOverride: channel };
  const budget = createDelayBudget(delay);
  return {
    cas: {
      storage: new ContentAddressableStorageClient(address, insecure, options),
      byteStream: new ByteStreamClient(address, insecure, options),
      instance,
      limits: { ...UNLIMITED, ...limits },
      guard: createGuard('cas', { latencyBudget, delayBudget: budget }),
    },
    actionCache: {
      actionCache: new ActionCacheClient(address, insecure, options),
      instance,
      guard: createGuard('action-cache', { latencyBudget, delayBudget: budget }),
    },
    budget,
    close: () => channel.close(),
  };
}

/** The trailers of a server that says when to come back. */
export function comeBackAfter(milliseconds: number): Metadata {
  const info = RetryInfo.encode({
    retryDelay: { seconds: Math.floor(milliseconds / 1000), nanos: (milliseconds % 1000) * 1e6 },
  }).finish();
  const details = Status.encode({
    code: status.RESOURCE_EXHAUSTED,
    message: '',
    details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value: Buffer.from(info) }],
  }).finish();
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(details));
  return metadata;
}

/** Bytes that do not compress, the same for the same seed. */
export function noise(bytes: number, seed = 1): Buffer {
  const key = Buffer.alloc(16, seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
