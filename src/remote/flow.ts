import { status } from '@grpc/grpc-js';
import { RpcError } from '../rpc/call.js';

/** No byte for so long, over all transfers of a service: they stand still. */
export const STALL_MILLISECONDS = 3000;

/** Bytes a second that a transfer is worth waiting for; what a slower one takes longer is delay. */
const SLOWEST_USEFUL = 256 * 1024;

/** How far ahead bytes may pay: a fast beginning buys no long standstill. */
const LONGEST_CREDIT = 1000;

const TICK = 100;

/** One attempt at a transfer, from its start to its end. */
export interface Attempt {
  readonly name: string;
  readonly started: number;
  /** When it last moved bytes; its start if it has not. */
  lastMoved: number;
  readonly abort: (reason: Error) => void;
}

/**
 * Watches the transfers of one service together. Bytes pay for time; the time that they have not paid for is delay,
 * however the server spreads it. When no byte moves at all, every attempt under way is aborted.
 */
export class Flow {
  readonly #attempts = new Set<Attempt>();
  #timer: NodeJS.Timeout | undefined;
  #users = 0;
  #paidUntil = 0;
  #lastMoved = 0;

  constructor(
    private readonly now: () => number,
    private readonly grace: number,
    private readonly lost: (from: number, until: number) => void,
    /** Called with the delay that is not yet counted, while transfers are under way. */
    private readonly watch: (uncounted: number) => void,
  ) {}

  enter(): void {
    if (this.#users++ > 0) return;
    this.#paidUntil = this.#lastMoved = this.now();
    this.#paidUntil += this.grace;
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  leave(): void {
    if (--this.#users > 0) return;
    clearInterval(this.#timer);
    this.settle(this.#paidUntil);
  }

  begin(name: string, abort: (reason: Error) => void): Attempt {
    const started = this.now();
    // The first after a pause, say of a backoff, is not to be blamed for the pause.
    if (this.#attempts.size === 0) this.#lastMoved = started;
    const attempt = { name, started, lastMoved: started, abort };
    this.#attempts.add(attempt);
    return attempt;
  }

  end(attempt: Attempt): void {
    this.#attempts.delete(attempt);
  }

  moved(attempt: Attempt, bytes: number): void {
    const now = this.now();
    attempt.lastMoved = this.#lastMoved = now;
    this.#paidUntil = Math.min(now + LONGEST_CREDIT, this.#paidUntil + (bytes / SLOWEST_USEFUL) * 1000);
  }

  /** Counts everything since then as lost, whatever moved meanwhile. */
  settle(since: number): void {
    const now = this.now();
    this.lost(Math.min(since, this.#paidUntil), now);
    this.#paidUntil = Math.max(this.#paidUntil, now);
  }

  #tick(): void {
    const now = this.now();
    if (this.#attempts.size > 0 && now - this.#lastMoved >= STALL_MILLISECONDS) {
      this.#lastMoved = now;
      for (const { name, abort } of this.#attempts) {
        abort(
          new RpcError(
            name,
            status.DEADLINE_EXCEEDED,
            `nothing moved for ${STALL_MILLISECONDS / 1000} seconds`,
          ),
        );
      }
    }
    this.watch(Math.max(0, now - this.#paidUntil));
  }
}

/** The longest that a transfer of so many bytes may take at all, in milliseconds. */
export function longestTransfer(bytes: number): number {
  return 60_000 + (bytes / SLOWEST_USEFUL) * 1000;
}
