import { Channel, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { Endpoint } from '../config/endpoint.js';
import type { TlsSettings } from '../config/pem.js';
import { VERSION } from '../gen/version.js';
import type { Route } from '../process/proxy.js';
import { quietGrpc } from '../rpc/grpc-log.js';
import { TOOL_NAME } from './request-metadata.js';

const OPTIONS: ChannelOptions = {
  // With the default of 64 KB a download waits for a round trip each 64 KB.
  'grpc-node.flow_control_window': 16 * 1024 * 1024,
  // A server that is asked more often while it has nothing to send takes that for an attack and hangs up.
  'grpc.keepalive_time_ms': 310_000,
  'grpc.keepalive_timeout_ms': 10_000,
  // A server that comes back is found again soon: until then every call fails at once.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 200,
  // A page of a tree may be larger than the default of 4 MB, but a hostile answer may not fill the memory.
  'grpc.max_receive_message_length': 16 * 1024 * 1024,
  // Retries are made by the guard, which knows the budget and reads what the server asks for.
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  // It would read the variables itself, and end the process at a password that it cannot decode.
  'grpc.enable_http_proxy': 0,
  // Closing this channel closes its connections too.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.primary_user_agent': `${TOOL_NAME}/${VERSION}`,
};

/** A connection to an endpoint, made at the first call. */
export function openChannel(endpoint: Endpoint, tls: TlsSettings, route: Route): Channel {
  quietGrpc();
  return new Channel(
    route.kind === 'proxy' ? `dns:${route.address}` : endpoint.target,
    endpoint.scheme === 'grpcs' ? secureCredentials(tls) : credentials.createInsecure(),
    { ...OPTIONS, ...throughProxy(endpoint, route) },
  );
}

/** What gRPC sets where it finds a proxy itself. */
function throughProxy({ target }: Endpoint, route: Route): ChannelOptions {
  if (route.kind !== 'proxy') return {};
  const { login } = route;
  return {
    'grpc.http_connect_target': target,
    'grpc.default_authority': target.replace(/^dns:/, ''),
    ...(login === undefined ? {} : { 'grpc.http_connect_creds': `${login.user}:${login.password}` }),
  };
}

function secureCredentials({ ca, client }: TlsSettings) {
  return credentials.createSsl(
    ca === undefined ? null : Buffer.from(ca),
    client === undefined ? null : Buffer.from(client.key),
    client === undefined ? null : Buffer.from(client.certificate),
  );
}
