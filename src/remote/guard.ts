import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../errors.js';
import type { CallLimits, RpcError } from '../rpc/call.js';
import { type DelayBudget, LostTime } from './delay-budget.js';
import { Flow, longestTransfer } from './flow.js';
import { delayBefore, mayPass } from './retry.js';

export type ServiceName = 'capabilities' | 'cas' | 'action-cache' | 'execution' | 'asset';

/** The service is left alone for the rest of the run. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';

  constructor(
    readonly service: ServiceName,
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`the remote's ${service} service is left alone: ${reason}`, { cause });
  }
}

export interface GuardedCall {
  /** Of one attempt, in milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
  /** False: asked again only when the server surely did nothing. Default true. */
  readonly idempotent?: boolean;
  /** The answer needs no work and no bytes: its time says how far away the service is. */
  readonly tiny?: boolean;
}

export interface GuardedTransfer {
  /** What is to be moved; bounds the time of it all. */
  readonly bytes: number;
  readonly signal: AbortSignal;
  /** What an attempt moved stays moved: a failure loses only the time since its last byte. Default false. */
  readonly resumable?: boolean;
}

export interface TransferLimits extends CallLimits {
  /** To be called with every piece that moves. */
  readonly moved: (bytes: number) => void;
}

/** Stands between the calls to one service and the build: retries, counts what it costs, and ends it. */
export interface Guard {
  readonly service: ServiceName;
  /** Left alone for the rest of the run. */
  readonly open: boolean;
  readonly reason: string | null;
  /** Milliseconds of delay that the service has caused. */
  readonly cost: number;
  /**
   * A call with a short answer.
   *
   * @throws RpcError for an answer that is an error, Unavailable when the service is or becomes left alone, the
   * signal's reason when it is aborted
   */
  call<T>(name: string, attempt: (limits: CallLimits) => Promise<T>, options: GuardedCall): Promise<T>;
  /** A call that moves bytes: it may take long, but not stand still. Throws what `call` throws. */
  transfer<T>(
    name: string,
    attempt: (limits: TransferLimits) => Promise<T>,
    options: GuardedTransfer,
  ): Promise<T>;
  /** Opens the breaker for a reason that the caller found; the cause is the call that showed it. */
  leaveAlone(reason: string, cause?: unknown): void;
}

export interface GuardSettings {
  /** Milliseconds that an answer may take. */
  readonly latencyBudget: number;
  readonly delayBudget: DelayBudget;
  /** A clock that never goes back, in milliseconds. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** A call that has failed for so long has failed for good: a restart takes two seconds, not more than this. */
const PATIENCE = 4000;

/** Of so many tiny answers the median is the service's latency. */
const SAMPLES = 3;

export function createGuard(service: ServiceName, settings: GuardSettings): Guard {
  return new CircuitBreaker(service, settings);
}

interface Trouble {
  failures: number;
  /** Start of the first failed attempt since something went well. */
  since: number | undefined;
}

class CircuitBreaker implements Guard {
  readonly #lost = new LostTime();
  readonly #end = new AbortController();
  readonly #latencies: number[] = [];
  readonly #flow: Flow;
  readonly #now: () => number;
  readonly #random: () => number;
  reason: string | null = null;

  constructor(
    readonly service: ServiceName,
    private readonly settings: GuardSettings,
  ) {
    this.#now = settings.now ?? (() => performance.now());
    this.#random = settings.random ?? Math.random;
    this.#flow = new Flow(
      this.#now,
      settings.latencyBudget,
      (from, until) => this.#count(from, until),
      (uncounted) => this.#watch(uncounted),
    );
  }

  get open(): boolean {
    return this.reason !== null;
  }

  get cost(): number {
    return Math.round(this.#lost.total);
  }

  leaveAlone(reason: string, cause?: unknown): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.#end.abort(new Unavailable(this.service, reason, cause));
  }

  async call<T>(name: string, attempt: (limits: CallLimits) => Promise<T>, options: GuardedCall): Promise<T> {
    const signal = this.#bothSignals(options.signal);
    const trouble: Trouble = { failures: 0, since: undefined };
    for (;;) {
      this.#mayBegin(options.signal);
      const started = this.#now();
      const deadline = Math.min(
        options.deadline,
        this.settings.latencyBudget + this.settings.delayBudget.left,
      );
      try {
        const answer = await attempt({ signal, deadline });
        this.#answered(started, options.tiny === true);
        return answer;
      } catch (error) {
        this.#mayBegin(options.signal);
        if (!mayPass(error, options.idempotent !== false)) {
          this.#answered(started, false);
          throw error;
        }
        this.#count(started, this.#now());
        await this.#waitOut(error, trouble, started, signal);
      }
    }
  }

  async transfer<T>(
    name: string,
    attempt: (limits: TransferLimits) => Promise<T>,
    options: GuardedTransfer,
  ): Promise<T> {
    const trouble: Trouble = { failures: 0, since: undefined };
    const deadline = longestTransfer(options.bytes);
    this.#mayBegin(options.signal);
    this.#flow.enter();
    try {
      for (;;) {
        this.#mayBegin(options.signal);
        const stop = new AbortController();
        const both = this.#bothSignals(options.signal);
        const run = this.#flow.begin(name, (reason) => stop.abort(reason));
        try {
          return await attempt({
            signal: AbortSignal.any([both, stop.signal]),
            deadline,
            moved: (bytes) => this.#flow.moved(run, bytes),
          });
        } catch (error) {
          this.#flow.end(run);
          this.#mayBegin(options.signal);
          if (!mayPass(error, true)) throw error;
          const lostSince = options.resumable === true ? run.lastMoved : run.started;
          this.#flow.settle(lostSince);
          if (lostSince > run.started) Object.assign(trouble, { failures: 0, since: undefined });
          await this.#waitOut(error, trouble, lostSince, both);
        } finally {
          this.#flow.end(run);
        }
      }
    } finally {
      this.#flow.leave();
    }
  }

  #bothSignals(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, this.#end.signal]);
  }

  #mayBegin(signal: AbortSignal): void {
    signal.throwIfAborted();
    if (this.settings.delayBudget.left <= 0) this.#leaveForDelay();
    this.#end.signal.throwIfAborted();
  }

  #count(from: number, until: number): void {
    this.#lost.count(from, until);
    this.settings.delayBudget.count(from, until);
  }

  /** An answer came. What it took beyond the latency budget is delay. */
  #answered(started: number, tiny: boolean): void {
    const now = this.#now();
    this.#count(started + this.settings.latencyBudget, now);
    if (!tiny || this.#latencies.length >= SAMPLES) return;
    this.#latencies.push(now - started);
    if (this.#latencies.length < SAMPLES) return;
    const median = [...this.#latencies].sort((a, b) => a - b)[SAMPLES >> 1] ?? 0;
    if (median <= this.settings.latencyBudget) return;
    this.leaveAlone(
      `it answers in ${Math.round(median)} ms (median of ${SAMPLES}), over the latency budget of ${this.settings.latencyBudget} ms`,
    );
  }

  /** Waits before the next attempt, or leaves the service alone when there is no point in another. */
  async #waitOut(error: RpcError, trouble: Trouble, started: number, signal: AbortSignal) {
    const { delayBudget } = this.settings;
    const now = this.#now();
    trouble.since ??= started;
    const delay = delayBefore(error, trouble.failures++, this.#random());
    if (delayBudget.left <= 0) this.#leaveForDelay(error);
    else if ((trouble.failures > 1 && now - trouble.since >= PATIENCE) || delay >= delayBudget.left) {
      this.leaveAlone(`${messageOf(error)} (tried ${trouble.failures} times)`, error);
    }
    try {
      await sleep(delay, undefined, { signal });
    } catch {
      signal.throwIfAborted();
    } finally {
      this.#count(now, this.#now());
    }
  }

  #watch(uncounted: number): void {
    if (this.settings.delayBudget.left <= uncounted) this.#leaveForDelay();
  }

  #leaveForDelay(error?: unknown): void {
    const cause = error === undefined ? '' : `; the last: ${messageOf(error)}`;
    this.leaveAlone(`the remote has delayed this run by ${this.settings.delayBudget.limit / 1000} s${cause}`);
  }
}
