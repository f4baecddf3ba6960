import type { ActionCacheService } from './action-cache.js';
import type { CasService } from './cas-service.js';

/** The services of a remote that is good enough. */
export interface RemoteServices {
  readonly cas: CasService;
  readonly actionCache: ActionCacheService;
  readonly updateEnabled: boolean;
}
