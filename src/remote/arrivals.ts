import { callUnary } from '../rpc/call.js';
import type { CasService } from './cas-service.js';
import type { TransferLimits } from './guard.js';
import type { SendWindow } from './send-window.js';

/** Longer than any transfer stands still. */
const DEADLINE = 60_000;

/**
 * Knows how much of a stream has arrived. Nothing else tells: what the socket has taken may wait for many seconds in
 * front of a slow link, and the server says nothing before the end. So it is asked a question that costs it nothing
 * behind some of the bytes: its answer comes when they are there.
 */
export class Arrivals {
  /** Entered into the window, and not known to have arrived. */
  #underWay = 0;
  /** Of these, the ones after which no question was sent yet. */
  #unasked = 0;

  constructor(
    private readonly cas: CasService,
    private readonly window: SendWindow,
    private readonly limits: TransferLimits,
  ) {}

  /** Waits until so many bytes may be sent. */
  async enter(bytes: number): Promise<void> {
    if (!this.window.admits(bytes)) this.#ask();
    await this.window.enter(bytes, this.limits.signal);
    this.#underWay += bytes;
  }

  /** The connection has taken them. */
  sent(bytes: number): void {
    this.#unasked += bytes;
    if (this.#unasked >= this.window.segment) this.#ask();
  }

  /** All has arrived: the server has answered the stream itself. */
  complete(): void {
    this.#arrive(this.#underWay);
  }

  /** Nothing more is known of what has not arrived. */
  end(): void {
    this.window.leave(this.#underWay);
    this.#underWay = this.#unasked = 0;
  }

  #ask(): void {
    const bytes = this.#unasked;
    if (bytes === 0) return;
    this.#unasked = 0;
    const arrive = () => this.#arrive(Math.min(bytes, this.#underWay));
    callUnary(
      'FindMissingBlobs',
      this.cas.storage.findMissingBlobs.bind(this.cas.storage),
      { instanceName: this.cas.instance, blobDigests: [], digestFunction: 0 },
      { signal: this.limits.signal, deadline: DEADLINE },
    ).then(arrive, arrive); // A refusal is an answer, and what breaks the connection breaks the stream.
  }

  #arrive(bytes: number): void {
    if (bytes === 0) return;
    this.#underWay -= bytes;
    this.window.arrived(bytes);
    this.limits.moved(bytes);
  }
}
