import type { CacheConfig } from '../config/config.js';
import type { CacheFolder } from '../local/folder.js';
import type { Log, Machine } from '../machine.js';
import type { RemoteSession } from '../run/remote-session.js';
import type { Origin } from '../trust/belief.js';
import type { PushDecision } from '../trust/may-push.js';

/** What one expiry of the local cache knows. */
export interface ExpiryContext {
  readonly folder: CacheFolder;
  readonly cache: Pick<CacheConfig, 'quota' | 'maxAge'>;
  readonly machine: Machine;
  readonly log: Log;
  /** Undefined where none is configured. */
  readonly remote:
    | {
        readonly session: RemoteSession;
        readonly push: PushDecision;
        /** Whether a result that was built under this may be given away. */
        readonly mayPush: (origin: Origin) => boolean;
      }
    | undefined;
  /** Whether to tell only what would go; the remote is asked, and given nothing. */
  readonly dryRun: boolean;
  /** Bytes that the folder is to get down to; undefined: what leaves casd nothing to clean by itself. */
  readonly to: number | undefined;
}
