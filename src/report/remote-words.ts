import { formatBytes, formatCount, formatDuration } from './format-quantity.js';
import type { RemoteReport } from './remote-report.js';

const STATUS = {
  ok: 'was there',
  degraded: 'was there in part',
  unavailable: 'could not be used',
} as const;

/** What a run had of its remote, in one line. */
export function remoteLine(remote: RemoteReport): string {
  const { endpoint, status, services, delay, pushed } = remote;
  const wrong = services.find(({ available }) => !available);
  return [
    `${endpoint} ${STATUS[status]}`,
    ...(wrong === undefined ? [] : [`${wrong.service}: ${wrong.says}`]),
    ...(delay >= 1 ? [`it cost ${formatDuration(delay)}`] : []),
    ...(pushed === null ? [] : [`pushed ${formatCount(pushed.blobs, 'blob')}, ${formatBytes(pushed.bytes)}`]),
  ].join('; ');
}
