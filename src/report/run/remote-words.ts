import { formatBytes, formatCount, formatDuration } from '../format-quantity.js';
import type { Moved, RemoteReport } from './remote-report.js';

const STATUS = {
  ok: 'was there',
  degraded: 'was there in part',
  unavailable: 'could not be used',
} as const;

/** What a run had of its remote, in one line. */
export function remoteLine(remote: RemoteReport): string {
  const { endpoint, status, services, delay, fetched, pushed } = remote;
  const notNeeded = status === 'ok' && services.every(({ latency }) => latency === null);
  const wrong = services.find(({ available }) => !available);
  return [
    `${endpoint} ${notNeeded ? 'was not needed' : STATUS[status]}`,
    ...(wrong === undefined ? [] : [`${wrong.service}: ${wrong.says}`]),
    ...(delay >= 1 ? [`it cost ${formatDuration(delay)}`] : []),
    ...(fetched === null ? [] : [`fetched ${movedWords(fetched)}`]),
    ...(pushed === null ? [] : [`pushed ${movedWords(pushed)}`]),
  ].join('; ');
}

function movedWords({ blobs, bytes }: Moved): string {
  return `${formatCount(blobs, 'blob')}, ${formatBytes(bytes)}`;
}
