import type { ExpiryPlan } from '../local/plan-expiry.js';
import { References } from '../local/references.js';
import type { StoredContents, StoredEntry } from '../local/stored-contents.js';
import type {
  DeadGoes,
  ExpiryRemote,
  ExpiryReport,
  ResultCount,
  ResultGoes,
  ResultStays,
} from '../report/upkeep/expiry-report.js';
import type { ExpiryContext } from './expiry-context.js';
import type { Settlement } from './settle-with-remote.js';

interface Expired {
  readonly contents: StoredContents;
  readonly plan: ExpiryPlan;
  readonly target: number;
  readonly settlement: Settlement;
  readonly left: number;
}

/** Puts together what expiry has to tell. */
export function describeExpiry(context: ExpiryContext, expired: Expired): ExpiryReport {
  const { plan, target, left } = expired;
  return {
    folder: context.folder.root,
    dryRun: context.dryRun,
    before: plan.before,
    after: plan.after,
    left,
    target,
    quota: context.cache.quota,
    maxAge: context.cache.maxAge,
    ...countResults(expired),
    ...countDead(expired),
    results: plan.entries.map(({ entry, fate, frees }) => ({
      action: entry.hash,
      usedAt: new Date(entry.usedAt),
      ...fate,
      frees,
    })),
    remote: describeRemote(context, expired),
  };
}

function countResults({ plan, contents }: Expired): Pick<ExpiryReport, 'went' | 'stayed'> {
  const went: Partial<Record<ResultGoes, ResultCount>> = {};
  const stayed: Partial<Record<ResultStays, ResultCount>> = {};
  const counted = new Set<string>();
  for (const { entry, fate, frees } of plan.entries) {
    if (fate.goes) went[fate.why] = add(went[fate.why], frees);
    else stayed[fate.why] = add(stayed[fate.why], bytesOf(entry, contents, counted));
  }
  return { went, stayed };
}

function countDead({ plan, contents }: Expired): Pick<ExpiryReport, 'wentDead' | 'stayedDead'> {
  const wentDead: Partial<Record<DeadGoes, { blobs: number; bytes: number }>> = {};
  const gone = new Set<string>();
  for (const { blob, why } of plan.blobs) {
    gone.add(blob.hash);
    if (why === 'with-result') continue;
    const { blobs, bytes } = wentDead[why] ?? { blobs: 0, bytes: 0 };
    wentDead[why] = { blobs: blobs + 1, bytes: bytes + blob.size };
  }
  const needed = new References(contents.entries);
  const stayedDead = { blobs: 0, bytes: 0 };
  for (const { hash, size } of contents.blobs.values()) {
    if (gone.has(hash) || needed.has(hash)) continue;
    stayedDead.blobs++;
    stayedDead.bytes += size;
  }
  return { wentDead, stayedDead };
}

function add(count: ResultCount | undefined, bytes: number): ResultCount {
  return { results: (count?.results ?? 0) + 1, bytes: (count?.bytes ?? 0) + bytes };
}

/** The result and what it needs, without what was counted already. */
function bytesOf(
  { size, blobs, recipe }: StoredEntry,
  contents: StoredContents,
  counted: Set<string>,
): number {
  let bytes = size;
  for (const { hash } of [...blobs, ...recipe]) {
    if (!counted.has(hash)) bytes += contents.blobs.get(hash)?.size ?? 0;
    counted.add(hash);
  }
  return bytes;
}

function describeRemote({ remote }: ExpiryContext, { settlement }: Expired): ExpiryRemote | null {
  if (remote === undefined) return null;
  const { knowledge, asked, pushed } = settlement;
  const refusedByServer = remote.push.mayPush && knowledge?.mayPush === false;
  return {
    endpoint: remote.session.report().endpoint,
    status: !asked ? 'not-asked' : knowledge === undefined ? 'unavailable' : 'answered',
    mayPush: remote.push.mayPush && !refusedByServer,
    why: refusedByServer ? 'the remote takes no action-cache entries' : remote.push.why,
    pushed,
  };
}
