import { callUnary } from '../rpc/call.js';
import type { CasdConnection } from './connection.js';

const DEADLINE = 10_000;

/** Bytes in the local cache, and the quota that casd holds it to (less than asked for on a small disk). */
export interface CacheUsage {
  readonly size: number;
  readonly quota: number;
}

export async function readUsage(casd: CasdConnection, signal: AbortSignal): Promise<CacheUsage> {
  const { sizeBytes, quotaBytes } = await callUnary(
    'GetLocalDiskUsage',
    casd.localStorage.getLocalDiskUsage.bind(casd.localStorage),
    {},
    { signal, deadline: DEADLINE },
  );
  return { size: sizeBytes, quota: quotaBytes };
}
