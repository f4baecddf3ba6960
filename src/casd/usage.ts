import { isStopped } from '../process/identity.js';
import { callUnary } from '../rpc/call.js';
import { type CasdConnection, connectCasd } from './connection.js';
import type { CasdState } from './state.js';

/** What a daemon may take to answer the simplest question, in milliseconds; usually it is one. */
const DEADLINE = 10_000;

/** Bytes in the local cache, and the quota that casd holds it to (less than asked for on a small disk). */
export interface CacheUsage {
  readonly size: number;
  readonly quota: number;
}

export async function readUsage(
  casd: CasdConnection,
  signal: AbortSignal,
  deadline = DEADLINE,
): Promise<CacheUsage> {
  const { sizeBytes, quotaBytes } = await callUnary(
    'GetLocalDiskUsage',
    casd.localStorage.getLocalDiskUsage.bind(casd.localStorage),
    {},
    { signal, deadline },
  );
  return { size: sizeBytes, quota: quotaBytes };
}

/** Undefined where casd does not answer. That the kernel takes a connection for it says nothing of that. */
export async function askUsage(state: CasdState, signal: AbortSignal): Promise<CacheUsage | undefined> {
  if (isStopped(state.process)) return undefined;
  const casd = connectCasd(state);
  try {
    return await readUsage(casd, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    casd.close();
  }
}
