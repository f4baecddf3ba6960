import { existsSync } from 'node:fs';
import { type InUse, usersOf, whileAlone } from '../casd/alone.js';
import { type ExpiryLimits, type ExpiryPlan, planExpiry } from '../local/plan-expiry.js';
import { removeStored } from '../local/remove-stored.js';
import { sweepSeals } from '../local/seals.js';
import { readStoredContents, type StoredContents } from '../local/stored-contents.js';
import type { ExpiryReport } from '../report/upkeep/expiry-report.js';
import { ownSearchPath } from '../process/own-programs.js';
import { readAllotment } from '../run/execute/allot-folder.js';
import { describeExpiry } from './describe-expiry.js';
import type { ExpiryContext } from './expiry-context.js';
import { nobodyAsked, settleWithRemote, type Settlement } from './settle-with-remote.js';

/** casd begins to clean by itself, the longest unused blob first, at 87.75 % of its quota. */
const CEILING_SHARE = 0.875;
const TARGET_SHARE = 0.8;

/**
 * Lets go of what the local cache need not keep: what nobody used for `cache-max-age`, and, where it is fuller than it
 * should be, what is no result and what the remote has or takes. Nothing changes while somebody uses the folder's casd.
 *
 * @throws Fault where the remote is not there and `on-unavailable` is `fail`
 */
export async function expireLocal(
  context: ExpiryContext,
  signal: AbortSignal,
): Promise<ExpiryReport | InUse> {
  const { folder, machine, dryRun } = context;
  if (!dryRun) {
    const users = await usersOf(folder);
    if (users.length > 0) return { users };
  }
  const limits = await readLimits(context, signal);
  const contents = await readStoredContents(folder, signal);
  const settlement = await settle(context, contents, limits, signal);
  const planFor = (found: StoredContents) => planExpiry(found, { ...limits, remote: settlement.knowledge });
  const tell = (found: StoredContents, plan: ExpiryPlan, left = 0) =>
    describeExpiry(context, { contents: found, plan, target: limits.target, settlement, left });
  if (dryRun || !existsSync(folder.run)) return tell(contents, planFor(contents));
  // Others wait for the lock, so the remote was asked before; what was done here meanwhile is looked at again.
  const outcome = await whileAlone(
    folder,
    ownSearchPath(machine),
    async () => {
      const now = await readStoredContents(folder, signal);
      const plan = planFor(now);
      const left = await removeStored(folder, now, plan, signal);
      await sweepSeals(folder, stayingIn(plan));
      return tell(now, plan, left);
    },
    signal,
  );
  return 'done' in outcome ? outcome.done : outcome;
}

function stayingIn({ entries }: ExpiryPlan): ReadonlySet<string> {
  return new Set(entries.flatMap(({ entry, fate }) => (fate.goes ? [] : [entry.hash])));
}

async function readLimits({ folder, cache, to }: ExpiryContext, signal: AbortSignal) {
  const { quota, own } = await readAllotment(folder, cache.quota, signal);
  const beside = own.memory + own.tools + own.other;
  return {
    now: Date.now(),
    maxAge: cache.maxAge,
    target: to === undefined ? Math.floor(quota * TARGET_SHARE) : Math.max(0, to - beside),
    ceiling: Math.floor(quota * CEILING_SHARE),
  };
}

async function settle(
  { remote, folder, log, dryRun }: ExpiryContext,
  contents: StoredContents,
  limits: Omit<ExpiryLimits, 'remote'>,
  signal: AbortSignal,
): Promise<Settlement> {
  if (remote === undefined) return nobodyAsked(undefined);
  return settleWithRemote({ ...remote, folder, log, dryRun, contents, limits }, signal);
}
