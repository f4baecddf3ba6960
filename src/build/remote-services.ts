import type { ActionCacheService } from '../remote/action-cache.js';
import type { CasService } from '../remote/cas-service.js';

/** The services of a remote that is good enough. */
export interface RemoteServices {
  readonly cas: CasService;
  readonly actionCache: ActionCacheService;
  readonly updateEnabled: boolean;
}
