import { describe, expect, test } from '@jest/globals';
import { renderCheckDocument, renderCheckOutputs } from '../../../src/report/check/check-document.js';
import { verdictOf } from '../../../src/report/check/check-names.js';
import {
  type CheckName,
  type CheckReport,
  CHECKS,
  type ServiceCheck,
} from '../../../src/report/check/check-report.js';
import { renderCheckSummary } from '../../../src/report/check/check-summary.js';
import { renderCheckTable } from '../../../src/report/check/check-table.js';

const service = (name: CheckName, change: Partial<ServiceCheck> = {}): ServiceCheck => ({
  name,
  available: 'yes',
  needed: true,
  endpoint: 'grpcs://cas.example.com:443',
  latency: 3.14159,
  fastEnough: true,
  says: 'answers',
  ...change,
});

const REPORT: CheckReport = {
  status: 'unavailable',
  latencyBudget: 500,
  services: [
    service('capabilities'),
    service('compression', { available: 'no', needed: false, latency: null, says: 'offers no zstd' }),
    service('cas-read', { latency: 712, fastEnough: false }),
    service('cas-write', {
      available: 'no',
      latency: null,
      says: 'does not allow it: \x1b[31m@all | read-only',
    }),
    service('asset', {
      available: 'unknown',
      needed: false,
      endpoint: null,
      latency: null,
      says: 'not configured',
    }),
  ],
  warnings: ['the token goes out unencrypted'],
};

test('the table for a terminal', () => expect(renderCheckTable(REPORT).join('\n')).toMatchSnapshot());
test('the summary', () => expect(renderCheckSummary(REPORT)).toMatchSnapshot());

test('the document has every service as it is', () => {
  expect(renderCheckDocument(REPORT)).toEqual({ version: 1, ...REPORT });
});

test('there is an output for each check', () => {
  const all = renderCheckOutputs({ ...REPORT, services: CHECKS.map((name) => service(name)) });
  expect(Object.keys(all)).toEqual(['remote-status', ...CHECKS, 'report']);
  const outputs = renderCheckOutputs(REPORT);
  expect(outputs).toMatchObject({
    'remote-status': 'unavailable',
    'cas-read': 'too slow',
    'cas-write': 'no',
    asset: 'unknown',
  });
  expect(JSON.parse(outputs.report ?? '')).toEqual(renderCheckDocument(REPORT));
});

test('what keeps the whole endpoint away is told once', () => {
  const gone = { available: 'no', latency: null, says: 'nobody listens' } as const;
  const services = [service('capabilities', gone), service('cas-read', gone), service('asset', gone)];
  const text = renderCheckTable({ ...REPORT, services }).join('\n');
  expect(text.match(/nobody listens/g)).toHaveLength(1);
  expect(text.match(/the same/g)).toHaveLength(2);
});

describe('verdicts', () => {
  test.each<[ServiceCheck['available'], boolean, boolean, string]>([
    ['yes', true, true, 'good'],
    ['yes', true, false, 'bad'],
    ['yes', false, false, 'good'],
    ['no', true, true, 'bad'],
    ['no', false, true, 'missing'],
    ['unknown', true, true, 'bad'],
    ['unknown', false, true, 'unknown'],
  ])('%s, needed %p, fast %p: %s', (available, needed, fastEnough, verdict) => {
    expect(verdictOf(service('asset', { available, needed, fastEnough }))).toBe(verdict);
  });
});
