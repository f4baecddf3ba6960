import type { RemoteConfig } from '../config/config.js';
import { Fault, messageOf } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Log } from '../machine.js';
import type { Digest } from '../reapi/digest.js';
import { type JudgedCapabilities, readCapabilities } from '../remote/check/capabilities.js';
import { connectRemote, type EndpointClients, type Remote } from '../remote/connect.js';
import { createDelayBudget, type DelayBudget } from '../remote/guard/delay-budget.js';
import { explainRemoteError } from '../remote/guard/explain.js';
import { createGuard, type Guard, Unavailable } from '../remote/guard/guard.js';
import type { RemoteReport } from '../report/run/remote-report.js';
import { RpcError } from '../rpc/call.js';
import { remoteStore } from '../remote/remote-store.js';
import type { RemoteServices } from '../remote/services.js';
import { whileWorthwhile } from './look-up/remote-worth.js';
import type { Store } from '../cas/store.js';
import { tellProgress } from './tell-progress.js';

/** Of the 10 s that a bad remote may add to a build, in milliseconds: the rest is for noticing that they are over. */
const DELAY_BUDGET = 9_500;
const CAPABILITIES_DEADLINE = 3000;

/** One service of the remote, as this run sees it. */
interface Place {
  readonly service: 'cas' | 'action-cache';
  readonly clients: EndpointClients;
  readonly guard: Guard;
  /** Milliseconds until it told what it can. */
  latency: number | null;
}

/** The remote of one run: asked from its beginning, and left alone once it misbehaves. */
export class RemoteSession {
  /** What the services can do; undefined where they are not good enough. */
  readonly services: Promise<RemoteServices | undefined>;
  readonly #remote: Remote;
  readonly #budget: DelayBudget = createDelayBudget(DELAY_BUDGET);
  readonly #cas: Place;
  readonly #actionCache: Place;
  #answered = false;
  #problem: string | undefined;
  #fetched: RemoteReport['fetched'] = null;
  #pushed: RemoteReport['pushed'] = null;

  /** Connects, and asks at once what the endpoint can do, while the caller goes on. */
  constructor(
    private readonly config: RemoteConfig,
    host: Pick<Host, 'machine' | 'mask'>,
    private readonly log: Log,
    signal: AbortSignal,
  ) {
    this.#remote = connectRemote(config, host.machine, { mask: (secret) => host.mask(secret) });
    for (const warning of this.#remote.warnings) log.warn(warning);
    const settings = { latencyBudget: config.latencyBudget, delayBudget: this.#budget };
    const { cas, actionCache } = this.#remote;
    this.#cas = { service: 'cas', clients: cas, guard: createGuard('cas', settings), latency: null };
    this.#actionCache = {
      service: 'action-cache',
      clients: actionCache,
      guard: createGuard('action-cache', settings),
      latency: null,
    };
    this.services = this.attempt('look-up', () => this.#ask(signal));
    this.services.catch(() => undefined); // Whoever waits for them handles it.
  }

  /** The results that the remote keeps: none, where it is not good enough. */
  results(): Store {
    const { clients, guard } = this.#actionCache;
    const remote = { actionCache: { ...clients, guard }, services: this.services };
    const progress = tellProgress(this.log, 'fetching outputs');
    const results = remoteStore(remote, progress, (digest) => this.fetched(digest));
    // Who must have the remote waits for it.
    if (this.config.onUnavailable === 'fail') return results;
    return whileWorthwhile(results, { guard: this.#cas.guard, budget: this.#budget });
  }

  /** Tells the servers which action the calls that follow are for. */
  nameAction(hash: string): void {
    this.#remote.nameAction(hash);
  }

  /**
   * Does something with the remote, or says once why that cannot be and gives undefined.
   *
   * @throws Fault instead, where `on-unavailable` is `fail`; whatever is not the remote's doing
   */
  async attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof Unavailable)) throw error;
      this.#complain(what, this.#explain(error));
      return undefined;
    }
  }

  /**
   * Does something that there is no build without.
   *
   * @param lack what makes the remote needed, as the beginning of a sentence
   * @throws Fault where the remote cannot be used; whatever is not the remote's doing
   */
  async need<T>(lack: string, work: (services: RemoteServices) => Promise<T>): Promise<T> {
    const services = await this.services;
    try {
      if (services !== undefined) return await work(services);
    } catch (error) {
      if (!(error instanceof RpcError || error instanceof Unavailable)) throw error;
      this.#problem ??= this.#explain(error);
    }
    throw new Fault(`${lack}, and the remote cannot be used: ${this.#problem ?? 'it does not answer'}`, {
      remedy: 'Mend the remote, or build once where it can be reached and keep the `cache-dir`.',
    });
  }

  /** A file came from the remote. */
  fetched({ sizeBytes }: Digest): void {
    const { blobs, bytes } = this.#fetched ?? { blobs: 0, bytes: 0 };
    this.#fetched = { blobs: blobs + 1, bytes: bytes + sizeBytes };
  }

  pushed(blobs: number, bytes: number): void {
    this.#pushed = { blobs, bytes };
  }

  report(): RemoteReport {
    return {
      endpoint: this.#cas.clients.endpoint.display,
      // A result that was here already is not held up to hear from a remote that is far away.
      status: this.#problem === undefined ? 'ok' : this.#answered ? 'degraded' : 'unavailable',
      services: [this.#cas, this.#actionCache].map((place) => ({
        service: place.service,
        available: !place.guard.open && (place.latency !== null || this.#problem === undefined),
        latency: place.latency,
        says: this.#saysOf(place),
      })),
      delay: Math.round(this.#budget.lost.total),
      fetched: this.#fetched,
      pushed: this.#pushed,
    };
  }

  /** The text without secrets: a server may say again what it was told. */
  hide(text: string): string {
    return this.#remote.secrets.hide(text);
  }

  close(): void {
    this.#remote.close();
  }

  #saysOf({ clients, guard, latency }: Place): string {
    if (guard.failure?.cause instanceof RpcError) {
      return explainRemoteError(guard.failure, clients, this.#remote.secrets).text;
    }
    if (guard.reason !== null) return this.hide(guard.reason);
    return latency !== null ? 'there' : (this.#problem ?? 'not waited for');
  }

  async #ask(signal: AbortSignal): Promise<RemoteServices> {
    const [cas, actionCache] = await this.#askCapabilities(signal);
    for (const { guard } of [this.#cas, this.#actionCache]) {
      if (guard.open) throw new Unavailable(guard.service, guard.reason ?? '');
    }
    this.#answered = true;
    return {
      cas: { ...this.#cas.clients, limits: cas.limits, guard: this.#cas.guard },
      actionCache: { ...this.#actionCache.clients, guard: this.#actionCache.guard },
      updateEnabled: actionCache.updateEnabled,
    };
  }

  /** One endpoint that has both services is asked once. */
  async #askCapabilities(
    signal: AbortSignal,
  ): Promise<[cas: JudgedCapabilities, actionCache: JudgedCapabilities]> {
    if (this.#cas.clients !== this.#actionCache.clients) {
      return Promise.all([this.#askPlace(this.#cas, signal), this.#askPlace(this.#actionCache, signal)]);
    }
    const said = await this.#askPlace(this.#cas, signal);
    this.#actionCache.latency = this.#cas.latency;
    return [said, said];
  }

  /** The first answer has the time of connecting in it: one that is late is asked for again. */
  async #askPlace(place: Place, signal: AbortSignal): Promise<JudgedCapabilities> {
    try {
      const said = await askCapabilities(place, signal);
      return (place.latency ?? 0) > this.config.latencyBudget ? await askCapabilities(place, signal) : said;
    } catch (error) {
      // Who has nothing but an error for this question is asked no other, and the error is told of this endpoint.
      if (error instanceof RpcError) place.guard.leaveAlone(messageOf(error), error);
      throw place.guard.failure ?? error;
    }
  }

  #explain(error: RpcError | Unavailable): string {
    const isOfActionCache =
      error instanceof Unavailable ? error.service === 'action-cache' : error.method.endsWith('ActionResult');
    const { clients } = isOfActionCache ? this.#actionCache : this.#cas;
    return explainRemoteError(error, clients, this.#remote.secrets).text;
  }

  #complain(what: string, text: string): void {
    if (this.config.onUnavailable === 'fail') {
      throw new Fault(`the remote cannot be used: ${text}`, {
        remedy: '`on-unavailable` is `fail`; with `continue` the build would go on here.',
      });
    }
    if (this.#problem === undefined) this.log.warn(`${text}: going on without it (${what})`);
    this.#problem ??= text;
  }
}

async function askCapabilities(place: Place, signal: AbortSignal): Promise<JudgedCapabilities> {
  const started = performance.now();
  const said = await place.guard.call(
    'GetCapabilities',
    (limits) => readCapabilities(place.clients, limits),
    { deadline: CAPABILITIES_DEADLINE, signal, tiny: true },
  );
  place.latency = Math.round(performance.now() - started);
  for (const { fits, says } of [said.apiVersions, said.digestFunction]) {
    if (!fits) {
      place.guard.leaveAlone(`it offers only ${says}, where SHA256 and version 2 of the API are needed`);
    }
  }
  return said;
}
