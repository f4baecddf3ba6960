import type { CasdConnection } from '../../casd/connection.js';
import type { CacheFolder } from '../../local/folder.js';
import { attachRemotes } from '../../casd/remotes.js';
import type { RemoteConfig } from '../../config/config.js';
import { Fault } from '../../errors.js';
import type { Host } from '../../host/host.js';
import { DIRECT } from '../../process/proxy.js';
import { connectRemote } from '../../remote/connect.js';
import { explainRemoteError } from '../../remote/guard/explain.js';
import { decidePush } from '../../trust/may-push.js';
import { casdRemotes } from './casd-remotes.js';

/**
 * Has casd connect to the remote for the tools of later steps, which speak to casd. A token goes into a file of the
 * daemon's folder, for its owner alone, and goes with the daemon.
 *
 * @returns the instance name by which these tools reach the remote; undefined where it cannot be attached and
 * `on-unavailable` is `continue`, after one line that says why
 * @throws Fault where it is `fail`
 */
export async function attachRemote(
  casd: CasdConnection,
  config: RemoteConfig,
  host: Host,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<string | undefined> {
  const remotes = await casdRemotes(config, {
    folder: folder.run,
    readOnly: !decidePush(config.push, host.provenance).mayPush,
    ...config.named,
  });
  if ('unable' in remotes) {
    complain(remotes.unable, config, host);
    return undefined;
  }
  if (remotes.leftOut.length > 0) {
    host.log.warn(
      `${remotes.leftOut.join(' and ')} of the remote ${remotes.leftOut.length > 1 ? 'are' : 'is'} not attached to casd: this run may not write there, and casd would let it`,
    );
  }
  const remote = connectRemote(config, host.machine, { mask: (secret) => host.mask(secret) });
  try {
    return await attachRemotes(casd, remotes.servers, signal);
  } catch (error) {
    signal.throwIfAborted();
    await remotes[Symbol.asyncDispose]();
    complain(explainRemoteError(error, { ...remote.cas, route: DIRECT }, remote.secrets).text, config, host);
    return undefined;
  } finally {
    remote.close();
  }
}

function complain(reason: string, { onUnavailable }: RemoteConfig, { log }: Host): void {
  const text = `the remote cannot be attached to casd: ${reason}`;
  if (onUnavailable === 'fail') throw new Fault(text);
  log.warn(text);
}
