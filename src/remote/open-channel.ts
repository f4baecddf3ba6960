import { Channel, type ChannelOptions, credentials } from '@grpc/grpc-js';
import type { Endpoint } from '../config/endpoint.js';
import type { TlsSettings } from '../config/pem.js';
import { VERSION } from '../gen/version.js';
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
  // Closing this channel closes its connections too.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.primary_user_agent': `${TOOL_NAME}/${VERSION}`,
};

/**
 * A connection to an endpoint, made at the first call. It goes through the proxy that `grpc_proxy`, `https_proxy` or
 * `http_proxy` names, unless `no_grpc_proxy` or `no_proxy` has the host: gRPC reads these itself.
 */
export function openChannel(endpoint: Endpoint, tls: TlsSettings): Channel {
  return new Channel(
    endpoint.target,
    endpoint.scheme === 'grpcs' ? secureCredentials(tls) : credentials.createInsecure(),
    OPTIONS,
  );
}

function secureCredentials({ ca, client }: TlsSettings) {
  return credentials.createSsl(
    ca === undefined ? null : Buffer.from(ca),
    client === undefined ? null : Buffer.from(client.key),
    client === undefined ? null : Buffer.from(client.certificate),
  );
}
