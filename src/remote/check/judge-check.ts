import type { Endpoint } from '../../config/endpoint.js';
import type { CheckName, CheckReport, RemoteStatus, ServiceCheck } from '../../report/check/check-report.js';
import type { JudgedCapabilities, Judgement } from './capabilities.js';
import type { CasLimits } from '../cas-service.js';
import type { RemoteProblem } from '../guard/explain.js';

/** What came of asking a service. */
export type Finding<T> =
  { readonly latency: number | null; readonly answer: T } | { readonly problem: RemoteProblem };

/** What the remote is asked to be good for, beside look-ups. */
export interface CheckWants {
  readonly push: boolean;
  readonly execution: boolean;
  readonly asset: boolean;
}

interface Place {
  readonly endpoint: Pick<Endpoint, 'display'>;
}

export interface CheckFindings {
  readonly remote: {
    readonly cas: Place;
    readonly actionCache: Place;
    readonly execution: Place | undefined;
    readonly asset: Place | undefined;
    readonly settings: { readonly latencyBudget: number };
    readonly warnings: readonly string[];
  };
  readonly wants: CheckWants;
  readonly capabilities: Finding<JudgedCapabilities>;
  readonly casRead: Finding<unknown>;
  readonly casWrite: Finding<unknown>;
  readonly actionCacheCapabilities: Finding<JudgedCapabilities>;
  readonly actionCacheRead: Finding<unknown>;
  readonly execution: { readonly says: Finding<Judgement>; readonly probe: Finding<unknown> } | undefined;
  readonly asset: Finding<unknown> | undefined;
  readonly attached: Finding<string> | undefined;
}

/** Without these no look-up can hit. */
const CORE: ReadonlySet<CheckName> = new Set<CheckName>([
  'api-versions',
  'digest-function',
  'cas-read',
  'action-cache-read',
]);

export function judgeCheck(findings: CheckFindings): CheckReport {
  const { latencyBudget } = findings.remote.settings;
  const services = [...describeServer(findings), ...checkServices(findings)].map((row) => ({
    ...row,
    fastEnough: row.latency === null || row.latency <= latencyBudget,
  }));
  return { status: judgeStatus(services), latencyBudget, services, warnings: findings.remote.warnings };
}

export function judgeStatus(services: readonly ServiceCheck[]): RemoteStatus {
  const lacking = services.filter((row) => row.needed && !(row.available === 'yes' && row.fastEnough));
  if (lacking.length === 0) return 'ok';
  return lacking.some(({ name }) => CORE.has(name)) ? 'unavailable' : 'degraded';
}

type Row = Omit<ServiceCheck, 'fastEnough'>;

/** What the server says of itself. */
function describeServer(findings: CheckFindings): readonly Row[] {
  const { capabilities, remote } = findings;
  const endpoint = remote.cas.endpoint.display;
  const says = (name: CheckName, needed: boolean, judge: (said: JudgedCapabilities) => Judgement): Row => {
    if ('problem' in capabilities) {
      return { name, available: 'unknown', needed: false, endpoint, latency: null, says: 'it did not say' };
    }
    const { fits, says: words } = judge(capabilities.answer);
    return { name, available: fits ? 'yes' : 'no', needed, endpoint, latency: null, says: words };
  };
  return [
    asked('capabilities', remote.cas, capabilities, isThere(capabilities), 'answers'),
    says('api-versions', true, ({ apiVersions }) => apiVersions),
    says('digest-function', true, ({ digestFunction }) => digestFunction),
    says('limits', false, ({ limits }) => ({ fits: true, says: describeLimits(limits) })),
    says('compression', false, ({ limits }) => describeCompression(limits)),
  ];
}

function checkServices(findings: CheckFindings): readonly Row[] {
  const { remote, wants, casRead, casWrite, actionCacheRead, execution, asset, attached } = findings;
  const write = asked('cas-write', remote.cas, readOnly(casRead, casWrite), wants.push, 'accepts uploads');
  return [
    asked('cas-read', remote.cas, casRead, true, 'answers'),
    { ...write, needed: wants.push && write.available !== 'unknown' },
    asked('action-cache-read', remote.actionCache, actionCacheRead, true, 'answers'),
    updateRow(findings, write),
    execution === undefined || remote.execution === undefined
      ? unconfigured('execution')
      : executionRow(remote.execution, execution, wants.execution),
    asset === undefined || remote.asset === undefined
      ? unconfigured('asset')
      : asked('asset', remote.asset, asset, wants.asset, 'answers'),
    attached === undefined
      ? { ...unconfigured('casd'), says: 'no casd runs here that could attach it' }
      : { ...asked('casd', remote.cas, attached, false, 'attaches it'), latency: null },
  ];
}

function asked(name: CheckName, place: Place, finding: Finding<unknown>, needed: boolean, good: string): Row {
  const base = { name, needed, endpoint: place.endpoint.display };
  if (!('problem' in finding)) return { ...base, available: 'yes', latency: finding.latency, says: good };
  const { kind, text } = finding.problem;
  return { ...base, available: kind === 'error' ? 'unknown' : 'no', latency: null, says: text };
}

/** Some servers say that they do not know us when they mean that we may not write: those who may read are known. */
function readOnly(read: Finding<unknown>, write: Finding<unknown>): Finding<unknown> {
  if ('problem' in read || !('problem' in write) || write.problem.kind !== 'refused-credentials')
    return write;
  return { problem: { kind: 'forbidden', text: 'it lets us read, and refuses what we write' } };
}

/** A server that has no such service at all may be good enough; one that fails to answer is not. */
function isThere(finding: Finding<unknown>): boolean {
  return !('problem' in finding) || finding.problem.kind !== 'unimplemented';
}

/** Nothing may be written to find out, so the server is taken at its word, unless it has refused another write. */
function updateRow({ remote, wants, actionCacheCapabilities: said }: CheckFindings, write: Row): Row {
  const endpoint = remote.actionCache.endpoint.display;
  const base = { name: 'action-cache-update', needed: wants.push, endpoint, latency: null } as const;
  if ('problem' in said) {
    return { ...base, needed: false, available: 'unknown', says: 'it did not say' };
  }
  if (!said.answer.updateEnabled) return { ...base, available: 'no', says: 'says that it takes no updates' };
  if (write.available === 'no' && write.endpoint === endpoint) {
    return { ...base, available: 'no', says: 'takes updates, but not ours: it refuses what we write' };
  }
  return { ...base, available: 'yes', says: 'says that it takes updates' };
}

function executionRow(
  place: Place,
  { says, probe }: { readonly says: Finding<Judgement>; readonly probe: Finding<unknown> },
  needed: boolean,
): Row {
  const row = asked('execution', place, probe, needed, 'executes');
  if ('problem' in says || says.answer.fits) return row;
  return { ...row, available: 'no', latency: null, says: says.answer.says };
}

function unconfigured(name: CheckName): Row {
  return { name, available: 'unknown', needed: false, endpoint: null, latency: null, says: 'not configured' };
}

function describeLimits({ maxBatchBytes, maxBlobBytes }: CasLimits): string {
  const blobs = maxBlobBytes === null ? 'of any size' : `up to ${maxBlobBytes} bytes`;
  return `batches up to ${maxBatchBytes} bytes, blobs ${blobs}`;
}

function describeCompression({ zstdBatch, zstdStream }: CasLimits): Judgement {
  const where = [...(zstdStream ? ['streams'] : []), ...(zstdBatch ? ['batches'] : [])];
  return {
    fits: where.length > 0,
    says: where.length > 0 ? `zstd in ${where.join(' and ')}` : 'offers no zstd',
  };
}
