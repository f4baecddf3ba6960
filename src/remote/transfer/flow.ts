import { status } from '@grpc/grpc-js';
import { RpcError } from '../../rpc/call.js';

/** No byte for so long, over all transfers of a service: they stand still. */
export const STALL_MILLISECONDS = 3000;

/** Bytes a second that a transfer is worth waiting for; what a slower one takes longer is delay. */
const SLOWEST_USEFUL = 256 * 1024;

/** Small blobs a second that are worth waiting for: a server has work with each. */
const FEWEST_USEFUL = 250;

/** What may take as long as a small blob does beside its bytes, in bytes. */
export const BYTES_PER_BLOB = SLOWEST_USEFUL / FEWEST_USEFUL;

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

/** Where time goes that bytes have not paid for, as stretches between two points of the clock. */
export interface FlowAccount {
  /** All of it. */
  readonly wait: (from: number, until: number) => void;
  /** What is beyond the grace, or was for nothing. */
  readonly lose: (from: number, until: number) => void;
  /** Called while transfers are under way, with what will not be paid and not be accounted for at the next call. */
  readonly watch: (owed: number) => void;
}

/**
 * Watches the transfers of one service together. Bytes pay for time; the time that they have not paid for is waiting,
 * and beyond a grace it is delay, however the server spreads it. When no byte moves at all, every attempt under way
 * is aborted.
 */
export class Flow {
  readonly #attempts = new Set<Attempt>();
  #timer: NodeJS.Timeout | undefined;
  #users = 0;
  #paidUntil = 0;
  #lastMoved = 0;

  constructor(
    private readonly now: () => number,
    /** Milliseconds that the first bytes may take. */
    private readonly grace: number,
    private readonly account: FlowAccount,
  ) {}

  enter(): void {
    if (this.#users++ > 0) return;
    this.#paidUntil = this.#lastMoved = this.now();
    this.#timer = setInterval(() => this.#tick(), TICK);
  }

  leave(): void {
    if (--this.#users > 0) return;
    clearInterval(this.#timer);
    this.settle(Infinity);
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

  moved(attempt: Attempt, bytes: number, blobs = 0): void {
    const now = this.now();
    attempt.lastMoved = this.#lastMoved = now;
    const paid = (bytes / SLOWEST_USEFUL + blobs / FEWEST_USEFUL) * 1000;
    this.#paidUntil = Math.min(now + LONGEST_CREDIT, this.#paidUntil + paid);
  }

  /** Counts everything since then as lost, whatever moved meanwhile. */
  settle(since: number): void {
    const now = this.now();
    this.account.wait(this.#paidUntil, now);
    this.account.lose(Math.min(since, this.#paidUntil + this.grace), now);
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
    this.account.watch(Math.max(0, now + TICK - this.#paidUntil));
  }
}

/** The longest that a transfer of so many bytes may take at all, in milliseconds. */
export function longestTransfer(bytes: number): number {
  return 60_000 + (bytes / SLOWEST_USEFUL) * 1000;
}
