/** What can be asked about an endpoint, in the order in which it is told. */
export const CHECKS = [
  'capabilities',
  'api-versions',
  'digest-function',
  'limits',
  'compression',
  'cas-read',
  'cas-write',
  'action-cache-read',
  'action-cache-update',
  'execution',
  'asset',
  'casd',
] as const;

export type CheckName = (typeof CHECKS)[number];

export interface ServiceCheck {
  readonly name: CheckName;
  readonly available: 'yes' | 'no' | 'unknown';
  /** Whether the remote is not good enough without it, for what it was asked to do. */
  readonly needed: boolean;
  /** Where it was asked, without credentials; null where nothing is configured for it. */
  readonly endpoint: string | null;
  /** The median of a few calls, in milliseconds; null where none was made, or none answered. */
  readonly latency: number | null;
  /** Whether that is within the budget; true where there is nothing to measure. */
  readonly fastEnough: boolean;
  /** What it said, in a few words. */
  readonly says: string;
}

/** Whether an endpoint is there, and good enough, as data. The renderers own the words around it. */
export interface CheckReport {
  readonly status: RemoteStatus;
  /** Milliseconds. */
  readonly latencyBudget: number;
  readonly services: readonly ServiceCheck[];
  readonly warnings: readonly string[];
}

/**
 * `ok`: all that is needed is there and fast enough. `unavailable`: it cannot give a single hit. `degraded`: it can, but
 * something that was asked for is missing.
 */
export type RemoteStatus = 'ok' | 'degraded' | 'unavailable';
