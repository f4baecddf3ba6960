import { expect, test } from '@jest/globals';
import type { RemoteReport } from '../../../src/report/run/remote-report.js';
import { remoteLine } from '../../../src/report/run/remote-words.js';

const there: RemoteReport = {
  endpoint: 'grpcs://cas.example.com',
  status: 'ok',
  services: [
    { service: 'cas', available: true, latency: 12, says: 'there' },
    { service: 'action-cache', available: true, latency: 12, says: 'there' },
  ],
  delay: 0,
  fetched: null,
  pushed: null,
};
const silent = { service: 'cas', available: false, latency: null, says: 'it does not answer' } as const;

test.each<[string, Partial<RemoteReport>]>([
  ['grpcs://cas.example.com was there', {}],
  [
    'grpcs://cas.example.com was not needed',
    { services: [{ service: 'cas', available: true, latency: null, says: 'not waited for' }] },
  ],
  ['grpcs://cas.example.com was there; pushed 3 blobs, 1.2 kB', { pushed: { blobs: 3, bytes: 1200 } }],
  ['grpcs://cas.example.com was there; fetched 1 blob, 7 B', { fetched: { blobs: 1, bytes: 7 } }],
  [
    'grpcs://cas.example.com could not be used; cas: it does not answer; it cost 6.05 s',
    { status: 'unavailable', services: [silent], delay: 6050 },
  ],
])('%s', (line, change) => expect(remoteLine({ ...there, ...change })).toBe(line));
