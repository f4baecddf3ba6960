import type { CacheFolder } from '../local/folder.js';
import {
  type ExpiryLimits,
  type ExpiryPlan,
  planExpiry,
  type RemoteKnowledge,
  type RemotePresence,
} from '../local/plan-expiry.js';
import type { StoredContents, StoredEntry } from '../local/stored-contents.js';
import type { Log } from '../machine.js';
import { sideBySide } from '../async/side-by-side.js';
import type { ExpiryRemote } from '../report/upkeep/expiry-report.js';
import type { Origin } from '../trust/belief.js';
import type { PushDecision } from '../trust/may-push.js';
import { pushStored } from './push-stored.js';
import type { RemoteServices } from '../remote/services.js';
import type { RemoteSession } from '../run/remote-session.js';
import { askPresence } from './remote-presence.js';

export interface SettlementRequest {
  readonly session: RemoteSession;
  readonly push: PushDecision;
  /** Whether a result that was built under this may be given away. */
  readonly mayPush: (origin: Origin) => boolean;
  readonly folder: CacheFolder;
  readonly log: Log;
  readonly dryRun: boolean;
  readonly contents: StoredContents;
  readonly limits: Omit<ExpiryLimits, 'remote'>;
}

/** What is known of the remote in the end. */
export interface Settlement {
  /** Undefined where there is no remote that answers. */
  readonly knowledge: RemoteKnowledge | undefined;
  readonly asked: boolean;
  readonly pushed: ExpiryRemote['pushed'];
}

/** So many results are asked for together; once enough of them are there, the others need not be known. */
const RESULTS_A_QUESTION = 200;
const PUSHES_AT_ONCE = 8;
const NOTHING = { results: 0, blobs: 0, bytes: 0 };

export function nobodyAsked(knowledge: RemoteKnowledge | undefined): Settlement {
  return { knowledge, asked: false, pushed: NOTHING };
}

/**
 * Asks the remote which results it has, the longest unused first and no more than needed, and gives it those that are
 * to go and that it lacks, where policy lets us. A remote that fails in between is as none.
 *
 * @throws Fault instead, where `on-unavailable` is `fail`
 */
export async function settleWithRemote(request: SettlementRequest, signal: AbortSignal): Promise<Settlement> {
  const settler = new Settler(request, signal);
  if (settler.planWithout().after <= request.limits.target) {
    return nobodyAsked({ presence: new Map(), mayPush: request.push.mayPush });
  }
  const services = await request.session.services;
  if (services === undefined) return { knowledge: undefined, asked: true, pushed: NOTHING };
  const answered = await request.session.attempt('expiry', async () => {
    await settler.ask(services);
    const mayPush = request.push.mayPush && services.updateEnabled;
    if (mayPush && !request.dryRun) await settler.give(services);
    return mayPush;
  });
  const knowledge = answered === undefined ? undefined : { presence: settler.presence, mayPush: answered };
  return { knowledge, asked: true, pushed: settler.pushed };
}

class Settler {
  readonly presence = new Map<string, RemotePresence>();
  pushed = NOTHING;

  constructor(
    private readonly request: SettlementRequest,
    private readonly signal: AbortSignal,
  ) {}

  /** What goes for its age, and as far as the remote is known to have it. */
  planWithout(): ExpiryPlan {
    return this.#plan({ mayPush: false, ceiling: Infinity });
  }

  async ask(services: RemoteServices): Promise<void> {
    const candidates = this.planWithout().entries.flatMap(({ entry, fate }) => (fate.goes ? [] : [entry]));
    this.request.log.phase('asking the remote which results it has');
    for (let start = 0; start < candidates.length; start += RESULTS_A_QUESTION) {
      const group = candidates.slice(start, start + RESULTS_A_QUESTION);
      const presence = await askPresence(services, group, this.signal);
      for (const entry of group) this.#learn(entry, presence.get(entry.hash));
      if (this.planWithout().after <= this.request.limits.target) return;
    }
  }

  #learn(entry: StoredEntry, presence: RemotePresence | undefined): void {
    if (presence === undefined) return;
    const { push, mayPush } = this.request;
    const isOthers = push.mayPush && (entry.origin === null || !mayPush(entry.origin));
    this.presence.set(entry.hash, presence === 'lacks' && isOthers ? 'withheld' : presence);
  }

  /** Until all that is to go has been taken, or refused. */
  async give(services: RemoteServices): Promise<void> {
    for (;;) {
      const plan = this.#plan({ mayPush: true, ceiling: this.request.limits.ceiling });
      const lacking = plan.entries.flatMap(({ entry, fate }) =>
        fate.why === 'pushed' && this.presence.get(entry.hash) === 'lacks' ? [entry] : [],
      );
      if (lacking.length === 0) return;
      this.request.log.phase('giving the remote what it lacks');
      await sideBySide(
        lacking,
        {
          most: PUSHES_AT_ONCE,
          run: (entry, either) => this.#give(services, entry, either),
        },
        this.signal,
      );
    }
  }

  async #give(services: RemoteServices, entry: StoredEntry, signal: AbortSignal): Promise<void> {
    const { taken, blobs, bytes } = await pushStored(services, this.request.folder, entry, signal);
    this.presence.set(entry.hash, taken ? 'pushed' : 'refused');
    this.pushed = {
      results: this.pushed.results + (taken ? 1 : 0),
      blobs: this.pushed.blobs + blobs,
      bytes: this.pushed.bytes + bytes,
    };
  }

  #plan({ mayPush, ceiling }: { readonly mayPush: boolean; readonly ceiling: number }): ExpiryPlan {
    const { contents, limits } = this.request;
    return planExpiry(contents, { ...limits, ceiling, remote: { presence: this.presence, mayPush } });
  }
}
