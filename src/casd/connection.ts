import { Channel, credentials } from '@grpc/grpc-js';
import {
  ActionCacheClient,
  ContentAddressableStorageClient,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { LocalContentAddressableStorageClient } from '../gen/build/buildgrid/local_cas.services.js';
import { ByteStreamClient } from '../gen/google/bytestream/bytestream.services.js';
import { quietGrpc } from '../rpc/grpc-log.js';
import { Demand } from './demand.js';
import type { CasdState } from './state.js';

/** The clients of one running casd, over one connection. */
export interface CasdConnection {
  readonly state: CasdState;
  readonly address: string;
  readonly storage: ContentAddressableStorageClient;
  readonly localStorage: LocalContentAddressableStorageClient;
  readonly actionCache: ActionCacheClient;
  readonly byteStream: ByteStreamClient;
  readonly demand: Demand;
  close(): void;
}

/** grpc-js reads 64 KB at a time by default, which makes large blobs slow even on a socket of this machine. */
const FLOW_CONTROL_WINDOW = 16 * 1024 * 1024;

/** The instance that casd serves without any remote. */
export const LOCAL_INSTANCE = '';

export function connectCasd(state: CasdState): CasdConnection {
  quietGrpc();
  const address = `unix:${state.socket}`;
  const insecure = credentials.createInsecure();
  const channel = new Channel(address, insecure, {
    'grpc-node.flow_control_window': FLOW_CONTROL_WINDOW,
  });
  const options = { channelOverride: channel };
  return {
    state,
    address,
    storage: new ContentAddressableStorageClient(address, insecure, options),
    localStorage: new LocalContentAddressableStorageClient(address, insecure, options),
    actionCache: new ActionCacheClient(address, insecure, options),
    byteStream: new ByteStreamClient(address, insecure, options),
    demand: new Demand(),
    close: () => channel.close(),
  };
}
