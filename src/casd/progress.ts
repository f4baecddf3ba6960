import type { CacheUsage } from './usage.js';

/** What casd was seen to do at one moment. */
export interface Sample {
  /** Milliseconds. */
  readonly at: number;
  /** Undefined where it did not answer. */
  readonly usage: CacheUsage | undefined;
  /** Bytes read and written so far, by the kernel's count; another text than before is progress. */
  readonly moved: string;
  /** Of the processor so far, in hundredths of a second. */
  readonly worked: number;
  /** Whether it waits for a disk just now. */
  readonly onDisk: boolean;
  /**
   * Who waits for it: we for a transfer of ours; perhaps buildbox-run, which stages or captures; nobody while the command
   * of the build runs.
   */
  readonly awaited: 'by-us' | 'perhaps' | 'no';
}

/** What has not changed since when, in milliseconds. */
export interface Standstill {
  readonly sample: Sample;
  readonly silentSince: number | undefined;
  readonly idleSince: number | undefined;
}

export type Trouble = 'silent' | 'full' | 'idle';

/** Milliseconds; a question without an answer has taken five seconds by itself. */
const LONGEST_SILENCE = 15_000;
const LONGEST_WAIT_FOR_SPACE = 10_000;
const LONGEST_IDLENESS = 60_000;

/** An idle casd takes two hundredths of a second of the processor in a second. */
const BUSY_SHARE = 0.05;

/** What two moments have to do with one another. */
export function compare(before: Standstill | undefined, sample: Sample): Standstill {
  const moves = before === undefined || isProgress(before.sample, sample) || sample.awaited === 'no';
  return {
    sample,
    silentSince: sample.usage === undefined ? (before?.silentSince ?? sample.at) : undefined,
    idleSince: moves ? undefined : (before.idleSince ?? before.sample.at),
  };
}

/** What is wrong with it, once that has lasted too long to be slowness. */
export function troubleOf({ sample, silentSince, idleSince }: Standstill): Trouble | undefined {
  const { at, usage, awaited } = sample;
  if (silentSince !== undefined && at - silentSince >= LONGEST_SILENCE) return 'silent';
  if (idleSince === undefined || usage === undefined) return undefined;
  if (usage.size >= usage.quota && at - idleSince >= LONGEST_WAIT_FOR_SPACE) return 'full';
  return awaited === 'by-us' && at - idleSince >= LONGEST_IDLENESS ? 'idle' : undefined;
}

function isProgress(before: Sample, now: Sample): boolean {
  if (now.onDisk || before.moved !== now.moved || before.usage?.size !== now.usage?.size) return true;
  return (now.worked - before.worked) / 100 / ((now.at - before.at) / 1000) >= BUSY_SHARE;
}
