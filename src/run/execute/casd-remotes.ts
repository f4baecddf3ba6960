import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CasdRemote, CasdRemotes } from '../../casd/remotes.js';
import type { Endpoint } from '../../config/endpoint.js';
import { endpointsOf, type RemoteSettings } from '../../config/remote.js';

export interface ServersForCasd extends AsyncDisposable {
  readonly servers: CasdRemotes;
  /** Services that were wanted, and are not attached because nothing may be written there. */
  readonly leftOut: readonly string[];
}

export interface NothingForCasd extends AsyncDisposable {
  /** Why casd cannot reach the remote, in one line. */
  readonly unable: string;
}

interface CasdRemotesOptions {
  /** A folder of the daemon's, for the file that tells it the token; absolute. */
  readonly folder: string;
  readonly readOnly: boolean;
  /** Which of the services that not every server has are attached too. */
  readonly execution: boolean;
  readonly asset: boolean;
}

/**
 * The remote as casd is told of it. casd keeps writes from the CAS and the action cache of a remote that it is told to
 * read only; not from Remote Asset, and an execution writes its result there: where nothing may be written, neither is
 * attached. The token goes into a file that only its owner reads, which lasts until it is
 * disposed of: casd reads it when it connects, and now and then later.
 */
export async function casdRemotes(
  settings: RemoteSettings,
  options: CasdRemotesOptions,
): Promise<ServersForCasd | NothingForCasd> {
  const unable = whyUnable(settings);
  if (unable !== undefined) return { unable, [Symbol.asyncDispose]: () => Promise.resolve() };
  const token =
    settings.login.token === undefined ? undefined : await writeToken(settings.login.token, options);
  const server = (endpoint: Endpoint): CasdRemote => ({
    url: casdUrl(endpoint),
    instance: settings.instance,
    ca: settings.tls.ca ?? '',
    clientCertificate: settings.tls.client?.certificate ?? '',
    clientKey: settings.tls.client?.key ?? '',
    tokenFile: token?.file,
    readOnly: options.readOnly,
  });
  const { cas, actionCache, asset, execution } = settings.endpoints;
  const wantsAsset = options.asset && asset !== undefined;
  const wantsExecution = options.execution && execution !== undefined;
  return {
    servers: {
      cas: server(cas),
      actionCache: server(actionCache),
      asset: wantsAsset && !options.readOnly ? server(asset) : undefined,
      execution: wantsExecution && !options.readOnly ? server(execution) : undefined,
    },
    leftOut: options.readOnly
      ? [...(wantsAsset ? ['Remote Asset'] : []), ...(wantsExecution ? ['Execution'] : [])]
      : [],
    [Symbol.asyncDispose]: async () => {
      if (token !== undefined) await rm(token.folder, { recursive: true, force: true });
    },
  };
}

/** casd knows certificates and, over TLS, a bearer token; no other credentials. */
export function whyUnable({ login, endpoints }: RemoteSettings): string | undefined {
  const all = endpointsOf(endpoints);
  const unknown = [
    ...(all.some((endpoint) => endpoint.login !== null) ? ['user and password'] : []),
    ...(Object.keys(login.headers).length > 0 ? ['headers'] : []),
    ...(login.helper === undefined ? [] : ['a credential helper']),
    ...(login.oidcAudience === undefined ? [] : ["GitHub's identity tokens"]),
  ];
  if (unknown.length > 0) return `casd cannot send ${unknown.join(' or ')}`;
  if (login.token !== undefined && all.some((endpoint) => endpoint.scheme !== 'grpcs')) {
    return 'casd sends a token over grpcs:// only';
  }
  const parted = all.find(({ scheme, target }) => scheme === 'unix' && target.includes(','));
  if (parted !== undefined) return `casd takes ${parted.display} for several addresses, for its comma`;
  return undefined;
}

/** casd's gRPC reads the path of a socket as that of a URI, where ours takes it as it is. */
function casdUrl({ scheme, target, display }: Endpoint): string {
  if (scheme !== 'unix') return display.replace(/^grpc/, 'http');
  return target.replace(/[%#?]/g, encodeURIComponent);
}

async function writeToken(token: string, { folder }: CasdRemotesOptions) {
  const own = await mkdtemp(join(folder, 'token-'));
  const file = join(own, 'token');
  await writeFile(file, token, { mode: 0o600 });
  return { folder: own, file };
}
