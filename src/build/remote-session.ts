import type { RemoteConfig } from '../config/config.js';
import { Fault } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Log } from '../machine.js';
import type { ActionCacheService } from '../remote/action-cache.js';
import { type JudgedCapabilities, readCapabilities } from '../remote/capabilities.js';
import type { CasService } from '../remote/cas-service.js';
import { connectRemote, type EndpointClients } from '../remote/connect.js';
import { createDelayBudget } from '../remote/delay-budget.js';
import { explainRemoteError } from '../remote/explain.js';
import { createGuard, type Guard, Unavailable } from '../remote/guard.js';
import type { RemoteReport } from '../report/remote-report.js';
import { RpcError } from '../rpc/call.js';

/** The services of a remote that is good enough. */
export interface RemoteServices {
  readonly cas: CasService;
  readonly actionCache: ActionCacheService;
  readonly updateEnabled: boolean;
}

/** The remote of one run: asked from its beginning, and left alone once it misbehaves. */
export interface RemoteSession {
  /** What the services can do; undefined where they are not good enough. */
  readonly services: Promise<RemoteServices | undefined>;
  /** Tells the servers which action the calls that follow are for. */
  nameAction(hash: string): void;
  /**
   * Does something with the remote, or says once why that cannot be and gives undefined.
   *
   * @throws Fault instead, where `on-unavailable` is `fail`; whatever is not the remote's doing
   */
  attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined>;
  pushed(blobs: number, bytes: number): void;
  report(): RemoteReport;
  close(): void;
}

/** All that a bad remote may add to a build, in milliseconds. */
const DELAY_BUDGET = 10_000;
const CAPABILITIES_DEADLINE = 3000;

type Service = 'cas' | 'action-cache';

/** Connects, and asks at once what the endpoint can do, while the caller goes on. */
export function openRemoteSession(
  config: RemoteConfig,
  host: Pick<Host, 'machine' | 'mask'>,
  log: Log,
  signal: AbortSignal,
): RemoteSession {
  const remote = connectRemote(config, host.machine, { mask: (secret) => host.mask(secret) });
  for (const warning of remote.warnings) log.warn(warning);
  const delayBudget = createDelayBudget(DELAY_BUDGET);
  const guardSettings = { latencyBudget: config.latencyBudget, delayBudget };
  const guards: Record<Service, Guard> = {
    cas: createGuard('cas', guardSettings),
    'action-cache': createGuard('action-cache', guardSettings),
  };
  const places: Record<Service, EndpointClients> = { cas: remote.cas, 'action-cache': remote.actionCache };
  const latencies: Partial<Record<Service, number>> = {};
  let problem: string | undefined;
  let answered = false;
  let pushed: RemoteReport['pushed'] = null;

  const explain = (error: unknown): string => {
    const place =
      error instanceof Unavailable && error.service === 'action-cache' ? remote.actionCache : remote.cas;
    return explainRemoteError(error, place, remote.secrets).text;
  };

  const tell = (what: string, text: string): undefined => {
    if (config.onUnavailable === 'fail') {
      throw new Fault(`the remote cannot be used: ${text}`, {
        remedy: '`on-unavailable` is `fail`; with `continue` the build would go on here.',
      });
    }
    if (problem === undefined) log.warn(`${text}: going on without it (${what})`);
    problem ??= text;
    return undefined;
  };

  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof Unavailable)) throw error;
      return tell(what, explain(error));
    }
  };

  const askCapabilities = async (service: Service): Promise<JudgedCapabilities> => {
    const started = performance.now();
    const said = await guards[service].call(
      'GetCapabilities',
      (limits) => readCapabilities(places[service], limits),
      {
        deadline: CAPABILITIES_DEADLINE,
        signal,
        tiny: true,
      },
    );
    latencies[service] = Math.round(performance.now() - started);
    for (const { fits, says } of [said.apiVersions, said.digestFunction]) {
      if (!fits)
        guards[service].leaveAlone(
          `it offers only ${says}, where SHA256 and version 2 of the API are needed`,
        );
    }
    return said;
  };

  const ask = async (): Promise<RemoteServices> => {
    const shared = remote.cas === remote.actionCache;
    const [cas, actionCache] = shared
      ? await askCapabilities('cas').then((said) => [said, said] as const)
      : await Promise.all([askCapabilities('cas'), askCapabilities('action-cache')]);
    if (shared && latencies.cas !== undefined) latencies['action-cache'] = latencies.cas;
    for (const guard of Object.values(guards)) {
      if (guard.open) throw new Unavailable(guard.service, guard.reason ?? '');
    }
    answered = true;
    return {
      cas: { ...remote.cas, limits: cas.limits, guard: guards.cas },
      actionCache: { ...remote.actionCache, guard: guards['action-cache'] },
      updateEnabled: actionCache.updateEnabled,
    };
  };

  const services = attempt('look-up', ask);
  services.catch(() => undefined); // Whoever waits for them handles it.

  return {
    services,
    nameAction: remote.nameAction,
    attempt,
    pushed: (blobs, bytes) => (pushed = { blobs, bytes }),
    report: () => ({
      endpoint: remote.cas.endpoint.display,
      status: !answered ? 'unavailable' : problem === undefined ? 'ok' : 'degraded',
      services: (['cas', 'action-cache'] as const).map((service) => ({
        service,
        available: answered && !guards[service].open,
        latency: latencies[service] ?? null,
        says: guards[service].reason ?? (answered ? 'there' : (problem ?? 'not asked')),
      })),
      delay: Math.max(guards.cas.cost, guards['action-cache'].cost),
      pushed,
    }),
    close: () => remote.close(),
  };
}
