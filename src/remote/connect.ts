import { randomUUID } from 'node:crypto';
import { type Channel, credentials, type Interceptor } from '@grpc/grpc-js';
import type { Endpoint } from '../config/endpoint.js';
import type { RemoteSettings } from '../config/remote.js';
import { FetchClient } from '../gen/build/bazel/remote/asset/v1/remote_asset.services.js';
import {
  ActionCacheClient,
  CapabilitiesClient,
  ContentAddressableStorageClient,
  ExecutionClient,
} from '../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import { ByteStreamClient } from '../gen/google/bytestream/bytestream.services.js';
import type { Machine } from '../machine.js';
import { preferMemory } from '../process/prefer-memory.js';
import type { Route } from '../process/proxy.js';
import { openChannel } from './open-channel.js';
import { keepProxySecret, routeOf } from './route.js';
import { chooseCredentials } from './credentials/choose.js';
import { credentialInterceptor } from './credentials/interceptor.js';
import { keepCredentials } from './credentials/keeper.js';
import { requestMetadataInterceptor } from './request-metadata.js';
import { keepSecrets, type Secrets } from './secrets.js';

/** The clients of one endpoint; which of its services a run uses is for the settings to say. */
export interface EndpointClients {
  readonly endpoint: Endpoint;
  readonly instance: string;
  /** What says who we are there, for messages; null where nothing does. */
  readonly credentials: string | null;
  readonly route: Route;
  readonly capabilities: CapabilitiesClient;
  readonly storage: ContentAddressableStorageClient;
  readonly byteStream: ByteStreamClient;
  readonly actionCache: ActionCacheClient;
  readonly execution: ExecutionClient;
  readonly asset: FetchClient;
}

/** A remote, service by service. Nothing is sent before the first call. */
export interface Remote {
  readonly settings: RemoteSettings;
  readonly cas: EndpointClients;
  readonly actionCache: EndpointClients;
  readonly execution: EndpointClients | undefined;
  readonly asset: EndpointClients | undefined;
  readonly secrets: Secrets;
  /** What a user should know before anything is sent. */
  readonly warnings: readonly string[];
  /** Tells the servers, with every later call, which action the calls are for. */
  nameAction(hash: string): void;
  close(): void;
}

export interface ConnectOptions {
  /** Tells the CI system to hide a text in its log. */
  readonly mask: (secret: string) => void;
  /** What tells the calls of this run apart from others'; by default a new one. */
  readonly invocation?: string;
}

/** Makes the clients of a remote: one connection for each endpoint, credentials and request metadata with each call. */
export function connectRemote(settings: RemoteSettings, machine: Machine, options: ConnectOptions): Remote {
  preferMemory();
  const secrets = keepSecrets(options.mask);
  const end = new AbortController();
  let action = '';
  const metadata = requestMetadataInterceptor({
    id: options.invocation ?? randomUUID(),
    correlated: machine.builder,
    actionId: () => action,
  });
  const open = new Map<string, { readonly clients: EndpointClients; readonly channel: Channel }>();
  const connect = (endpoint: Endpoint): EndpointClients => {
    const key = JSON.stringify([endpoint.display, endpoint.login]);
    const known = open.get(key);
    if (known !== undefined) return known.clients;
    const source = chooseCredentials(endpoint, settings.login, machine, secrets);
    const interceptors = [metadata];
    if (source !== undefined) interceptors.push(credentialInterceptor(keepCredentials(source, end.signal)));
    const route = routeOf(endpoint, machine.environment);
    keepProxySecret(route, secrets);
    const channel = openChannel(endpoint, settings.tls, route);
    const clients = {
      endpoint,
      instance: settings.instance,
      credentials: source?.description ?? null,
      route,
      ...clientsOver(channel, endpoint.target, interceptors),
    };
    open.set(key, { clients, channel });
    return clients;
  };
  const { cas, actionCache, execution, asset } = settings.endpoints;
  return {
    settings,
    cas: connect(cas),
    actionCache: connect(actionCache),
    execution: execution && connect(execution),
    asset: asset && connect(asset),
    secrets,
    warnings: [...open.values()].flatMap(({ clients }) => plaintextWarning(clients)),
    nameAction: (hash) => (action = hash),
    close: () => {
      end.abort(new Error('the connection was closed'));
      for (const { channel } of open.values()) channel.close();
    },
  };
}

function clientsOver(channel: Channel, target: string, interceptors: Interceptor[]) {
  const given = { channelOverride: channel, interceptors };
  const unused = credentials.createInsecure(); // The channel has its own.
  return {
    capabilities: new CapabilitiesClient(target, unused, given),
    storage: new ContentAddressableStorageClient(target, unused, given),
    byteStream: new ByteStreamClient(target, unused, given),
    actionCache: new ActionCacheClient(target, unused, given),
    execution: new ExecutionClient(target, unused, given),
    asset: new FetchClient(target, unused, given),
  };
}

function plaintextWarning({ endpoint, credentials: source }: EndpointClients): readonly string[] {
  if (source === null || endpoint.scheme !== 'grpc' || endpoint.local) return [];
  return [
    `${source} goes to ${endpoint.display} unencrypted, for everybody on the way to read; grpcs:// would protect it`,
  ];
}
