import { messageOf } from '../../errors.js';
import type { CallLimits, RpcError } from '../../rpc/call.js';
import type { DelayBudget } from './delay-budget.js';
import { Flow, longestTransfer } from '../transfer/flow.js';
import { idleTime } from './idle-time.js';
import { Backoff } from './backoff.js';
import { pause } from '../../async/pause.js';
import { mayPass } from './retry.js';

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
  /** To be called with every piece that moves, and with the blobs that are whole by it where they are many. */
  readonly moved: (bytes: number, blobs?: number) => void;
}

/** Stands between the calls to one service and the build: retries, counts what it costs, and ends it. */
export interface Guard {
  readonly service: ServiceName;
  /** Left alone for the rest of the run. */
  readonly open: boolean;
  /** As the server and gRPC say it, so not yet fit to be shown. */
  readonly reason: string | null;
  /** What its calls throw since it is left alone. */
  readonly failure: Unavailable | undefined;
  /** Bytes that its transfers have moved so far. */
  readonly moved: number;
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
  /** A clock that never goes back, in milliseconds; by default the time in which there was nothing else to do. */
  readonly now?: () => number;
  readonly random?: () => number;
}

/** The service's latency is the median of so many tiny answers: it is over the budget as soon as two of them are. */
const SAMPLES = 3;

export function createGuard(service: ServiceName, settings: GuardSettings): Guard {
  return new CircuitBreaker(service, settings);
}

class CircuitBreaker implements Guard {
  readonly #end = new AbortController();
  readonly #latencies: number[] = [];
  readonly #flow: Flow;
  readonly #now: () => number;
  readonly #random: () => number;
  reason: string | null = null;
  failure: Unavailable | undefined;
  moved = 0;

  constructor(
    readonly service: ServiceName,
    private readonly settings: GuardSettings,
  ) {
    this.#now = settings.now ?? idleTime;
    this.#random = settings.random ?? Math.random;
    this.#flow = new Flow(this.#now, settings.latencyBudget, {
      wait: (from, until) => settings.delayBudget.wait(from, until),
      lose: (from, until) => settings.delayBudget.count(from, until),
      watch: (owed) => this.#watch(owed),
    });
  }

  get open(): boolean {
    return this.reason !== null;
  }

  leaveAlone(reason: string, cause?: unknown): void {
    if (this.reason !== null) return;
    this.reason = reason;
    this.failure = new Unavailable(this.service, reason, cause);
    this.#end.abort(this.failure);
  }

  async call<T>(name: string, attempt: (limits: CallLimits) => Promise<T>, options: GuardedCall): Promise<T> {
    const signal = this.#bothSignals(options.signal);
    const backoff = new Backoff(this.#random);
    for (;;) {
      this.#mayBegin(options.signal);
      const started = this.#now();
      const deadline = Math.min(options.deadline, this.settings.delayBudget.left);
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
        this.settings.delayBudget.count(started, this.#now());
        await this.#waitOut(error, backoff, signal);
      }
    }
  }

  async transfer<T>(
    name: string,
    attempt: (limits: TransferLimits) => Promise<T>,
    options: GuardedTransfer,
  ): Promise<T> {
    const backoff = new Backoff(this.#random);
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
            moved: (bytes, blobs) => {
              this.moved += bytes;
              this.#flow.moved(run, bytes, blobs);
            },
          });
        } catch (error) {
          this.#flow.end(run);
          this.#mayBegin(options.signal);
          if (!mayPass(error, true)) throw error;
          const lostSince = options.resumable === true ? run.lastMoved : run.started;
          this.#flow.settle(lostSince);
          if (lostSince > run.started) backoff.renew();
          await this.#waitOut(error, backoff, both);
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

  /** An answer came. What it took beyond the latency budget is delay. */
  #answered(started: number, tiny: boolean): void {
    const now = this.#now();
    this.settings.delayBudget.wait(started, now);
    this.settings.delayBudget.count(started + this.settings.latencyBudget, now);
    if (!tiny || this.#latencies.length >= SAMPLES) return;
    this.#latencies.push(now - started);
    const late = this.#latencies.filter((latency) => latency > this.settings.latencyBudget);
    if (late.length <= SAMPLES / 2) return;
    const least = Math.round(Math.min(...late));
    this.leaveAlone(
      `it answers in ${least} ms, over the latency budget of ${this.settings.latencyBudget} ms`,
    );
  }

  /** Waits before the next attempt, or leaves the service alone when there is no point in another. */
  async #waitOut(error: RpcError, backoff: Backoff, signal: AbortSignal) {
    const { delayBudget } = this.settings;
    const now = this.#now();
    const delay = backoff.next(error, now);
    if (delayBudget.left <= 0) this.#leaveForDelay(error);
    else if (delay === undefined || delay >= delayBudget.left) {
      this.leaveAlone(`${messageOf(error)} (tried ${backoff.failures} times)`, error);
    }
    try {
      await pause(delay ?? 0, signal);
    } finally {
      delayBudget.count(now, this.#now());
    }
  }

  #watch(owed: number): void {
    if (this.settings.delayBudget.left <= owed) this.#leaveForDelay();
  }

  #leaveForDelay(error?: unknown): void {
    const cause = error === undefined ? '' : `; the last: ${messageOf(error)}`;
    this.leaveAlone(`the remote has delayed this run by ${this.settings.delayBudget.limit / 1000} s${cause}`);
  }
}
