import type { RemoteConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import { believer } from '../trust/belief.js';
import { decidePush, mayPushStored } from '../trust/may-push.js';
import type { ExpiryContext } from './expiry-context.js';
import { RemoteSession } from '../run/remote-session.js';

/** The remote as expiry needs it: asked at once what it can do. The caller closes the session. */
export function expiryRemote(
  config: RemoteConfig | undefined,
  host: Pick<Host, 'machine' | 'mask' | 'log' | 'provenance'>,
  signal: AbortSignal,
): ExpiryContext['remote'] {
  if (config === undefined) return undefined;
  const session = new RemoteSession(config, host, host.log, signal);
  const believes = believer(host.provenance, 'any');
  return {
    session,
    push: decidePush(config.push, host.provenance),
    mayPush: (origin) => believes(origin) && mayPushStored(config.push, origin),
  };
}
