import { attachRemotes } from '../casd/remotes.js';
import { connectCasd } from '../casd/connection.js';
import type { CacheFolder } from '../local/folder.js';
import { readRunningState } from '../casd/state.js';
import type { RemoteConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import { DIRECT } from '../process/proxy.js';
import { casdRemotes } from '../run/execute/casd-remotes.js';
import { type AttachProbe, checkRemote } from '../remote/check/check.js';
import { connectRemote, type Remote } from '../remote/connect.js';
import { explainRemoteError } from '../remote/guard/explain.js';
import type { CheckReport } from '../report/check/check-report.js';
import { decidePush } from '../trust/may-push.js';

/**
 * Finds out whether the endpoint is there, and good enough for what is asked of it here.
 *
 * @param folder the cache folder whose casd, if one runs, is asked to attach the remote
 */
export async function checkEndpoint(
  config: RemoteConfig,
  host: Host,
  folder: CacheFolder,
  signal: AbortSignal,
): Promise<CheckReport> {
  const remote = connectRemote(config, host.machine, { mask: (secret) => host.mask(secret) });
  try {
    for (const warning of remote.warnings) host.log.warn(warning);
    host.log.phase(`asking ${config.endpoints.cas.display}`);
    const push = decidePush(config.push, host.provenance).mayPush;
    const wants = { push, ...config.named };
    return await checkRemote(remote, { wants, attach: attachProbe(remote, folder, push) }, signal);
  } finally {
    remote.close();
  }
}

function attachProbe(remote: Remote, folder: CacheFolder, push: boolean): AttachProbe | undefined {
  const state = readRunningState(folder);
  if (state === undefined) return undefined;
  return async (signal) => {
    const casd = connectCasd(state);
    try {
      await using remotes = await casdRemotes(remote.settings, {
        folder: folder.run,
        readOnly: !push,
        ...remote.settings.named,
      });
      if ('unable' in remotes) return { problem: { kind: 'no-credentials', text: remotes.unable } };
      return { latency: null, answer: await attachRemotes(casd, remotes.servers, signal) };
    } catch (error) {
      signal.throwIfAborted();
      return { problem: explainRemoteError(error, { ...remote.cas, route: DIRECT }, remote.secrets) };
    } finally {
      casd.close();
    }
  };
}
