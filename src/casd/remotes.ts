import type { Remote as RemoteMessage } from '../gen/build/buildgrid/local_cas.js';
import { callUnary } from '../rpc/call.js';
import { type CasdConnection, LOCAL_INSTANCE } from './connection.js';

/** A server as casd is told of it. Of credentials casd knows these only: no headers, no Basic, no helper. */
export interface CasdRemote {
  /** `http://`, `https://` or `unix:`. */
  readonly url: string;
  readonly instance: string;
  /** PEM texts; empty where there are none. */
  readonly ca: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
  /** An absolute path of a file that holds a bearer token, for `https://` only. It is read again now and then. */
  readonly tokenFile: string | undefined;
  /** Whether casd may write there. */
  readonly readOnly: boolean;
}

/** The servers behind one instance of casd. */
export interface CasdRemotes {
  readonly cas: CasdRemote;
  readonly actionCache: CasdRemote;
  readonly asset: CasdRemote | undefined;
  readonly execution: CasdRemote | undefined;
}

/** casd asks the server's capabilities before it answers, and gives up by itself after 5 seconds. */
const DEADLINE = 8000;

/**
 * Has casd connect to servers, and gives the name of the instance by which the tools of later steps reach them through
 * it. The instance lasts as long as the daemon; asking twice gives the same one.
 *
 * @throws RpcError when a server is not there, or refuses us.
 */
export async function attachRemotes(
  casd: CasdConnection,
  remotes: CasdRemotes,
  signal: AbortSignal,
): Promise<string> {
  const method = casd.localStorage.getInstanceNameForRemotes.bind(casd.localStorage);
  const { instanceName } = await callUnary(
    'GetInstanceNameForRemotes',
    method,
    {
      instanceName: LOCAL_INSTANCE,
      contentAddressableStorage: remoteMessage(remotes.cas),
      actionCache: remoteMessage(remotes.actionCache),
      remoteAsset: remotes.asset && remoteMessage(remotes.asset),
      execution: remotes.execution && remoteMessage(remotes.execution),
    },
    { signal, deadline: DEADLINE },
  );
  return instanceName;
}

/**
 * What casd's command line says of retries does not hold for these servers, and without a time limit a transfer to a
 * server that has stopped never ends. Measured: these outlast a restart of two seconds and give up on a dead server
 * within five.
 */
function remoteMessage(remote: CasdRemote): RemoteMessage {
  return {
    url: remote.url,
    instanceName: remote.instance,
    serverCert: Buffer.from(remote.ca),
    clientKey: Buffer.from(remote.clientKey),
    clientCert: Buffer.from(remote.clientCertificate),
    accessTokenPath: remote.tokenFile ?? '',
    accessTokenReloadInterval: remote.tokenFile === undefined ? undefined : { seconds: 60, nanos: 0 },
    keepaliveTime: { seconds: 10, nanos: 0 },
    retryLimit: 4,
    retryDelay: { seconds: 0, nanos: 500_000_000 },
    requestTimeout: { seconds: 15, nanos: 0 },
    readOnly: remote.readOnly,
    protocol: '',
  };
}
