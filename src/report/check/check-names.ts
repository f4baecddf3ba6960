import type { CheckName, CheckReport, RemoteStatus, ServiceCheck } from './check-report.js';
import { formatDuration } from '../format-quantity.js';

/** The checks as people read them. */
export const CHECK_NAMES: Readonly<Record<CheckName, string>> = {
  capabilities: 'Capabilities',
  'api-versions': 'API versions',
  'digest-function': 'Digest functions',
  limits: 'Limits',
  compression: 'Compression',
  'cas-read': 'CAS read',
  'cas-write': 'CAS write',
  'action-cache-read': 'Action cache read',
  'action-cache-update': 'Action cache update',
  execution: 'Execution',
  asset: 'Remote Asset',
  casd: 'Through casd',
};

/** What the status means, as a sentence. */
export const STATUS_MEANINGS: Readonly<Record<RemoteStatus, string>> = {
  ok: 'The remote is there and good enough.',
  degraded: 'The remote is there, but not all that was asked for.',
  unavailable: 'The remote is of no use as it is.',
};

export type Verdict = 'good' | 'bad' | 'missing' | 'unknown';

/** `missing` is what is not there and not needed either. */
export function verdictOf({ available, fastEnough, needed }: ServiceCheck): Verdict {
  if (available === 'yes') return fastEnough || !needed ? 'good' : 'bad';
  if (needed) return 'bad';
  return available === 'no' ? 'missing' : 'unknown';
}

/** `yes`, `no`, `unknown`, or `too slow` for what answers beyond the budget. */
export function availabilityOf({ available, fastEnough }: ServiceCheck): string {
  return available === 'yes' && !fastEnough ? 'too slow' : available;
}

export function latencyOf({ latency }: ServiceCheck): string {
  if (latency === null) return '';
  return latency < 10 ? `${latency.toFixed(1)} ms` : formatDuration(latency);
}

/** What a service said; that it failed as the whole endpoint did is not told again in full. */
export function sayingOf({ name, says }: ServiceCheck, { services }: CheckReport): string {
  const endpoint = services.find((service) => service.name === 'capabilities');
  const repeated = name !== 'capabilities' && endpoint?.available !== 'yes' && endpoint?.says === says;
  return repeated ? 'the same' : says;
}
