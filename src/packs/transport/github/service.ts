import { wholeEscapes } from '../../../process/proxy.js';
import type { TransportAccess } from '../transport.js';

/** What the library that speaks to the service, and Node below it, need of the job's environment; nothing else is passed on. */
export const PASSED: readonly string[] = [
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_CACHE_URL',
  'ACTIONS_CACHE_SERVICE_V2',
  'ACTIONS_CACHE_MODE',
  'GITHUB_SERVER_URL',
  // The runner ends what carries it, should it outlive the job.
  'RUNNER_TRACKING_ID',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]),
];

/** GitHub's cache, as the job's environment describes it. */
export interface CacheService {
  readonly access: TransportAccess;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * Decides whether there is a cache service, which version of it, and what the job lets this run do there
 * (`ACTIONS_CACHE_MODE`, the `cache-mode` of the workflow's permissions; an unknown mode allows everything, as
 * GitHub's own library takes it).
 */
export function cacheService(job: Readonly<Record<string, string>>): CacheService {
  const passed = PASSED.flatMap((name) => {
    const value = job[name];
    return value === undefined ? [] : [[name, passable(name, value)] as const];
  });
  const environment: Record<string, string> = Object.fromEntries(passed);
  if (!present(job.ACTIONS_RUNTIME_TOKEN)) return none(environment, 'ACTIONS_RUNTIME_TOKEN is not set');
  if (speaksV2(job)) return { environment, access: accessOf(job) };
  if (!present(job.ACTIONS_CACHE_URL)) {
    const wanted = present(job.ACTIONS_CACHE_SERVICE_V2) ? 'ACTIONS_RESULTS_URL' : 'ACTIONS_CACHE_URL';
    return none(environment, `${wanted} is not set`);
  }
  delete environment.ACTIONS_CACHE_SERVICE_V2;
  return { environment, access: accessOf(job) };
}

/** The library decodes user and password of a proxy, and fails at each request where that cannot be. */
function passable(name: string, value: string): string {
  return /^https?_proxy$/i.test(name) ? wholeEscapes(value) : value;
}

function present(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function none(environment: Readonly<Record<string, string>>, missing: string): CacheService {
  return {
    environment,
    access: { read: false, write: false, why: `there is no GitHub cache here: ${missing}` },
  };
}

/** GitHub Enterprise Server has version 1 only, whatever the runner says; the library decides it in the same way. */
function speaksV2(job: Readonly<Record<string, string>>): boolean {
  return (
    present(job.ACTIONS_CACHE_SERVICE_V2) && present(job.ACTIONS_RESULTS_URL) && !isEnterpriseServer(job)
  );
}

function isEnterpriseServer(job: Readonly<Record<string, string>>): boolean {
  const address = job.GITHUB_SERVER_URL;
  if (address === undefined || !URL.canParse(address)) return false;
  const host = new URL(address).hostname.toLowerCase();
  return host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost');
}

function accessOf(job: Readonly<Record<string, string>>): TransportAccess {
  const mode = (job.ACTIONS_CACHE_MODE ?? '').trim().toLowerCase();
  const read = mode !== 'none' && mode !== 'write-only';
  const write = mode !== 'none' && mode !== 'read';
  if (read && write) return { read, write, why: null };
  const forbidden = [...(read ? [] : ['reading']), ...(write ? [] : ['writing'])].join(' and ');
  return { read, write, why: `ACTIONS_CACHE_MODE is ${mode}: it forbids ${forbidden} GitHub's cache` };
}
