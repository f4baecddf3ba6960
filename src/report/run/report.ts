import type { Digest } from '../../reapi/digest.js';

import type { PackReport, SaveReport } from './pack-report.js';
import type { ReportedOrigin } from './origin-words.js';
import type { RemoteReport, TrustReport } from './remote-report.js';

/** The phases of a run, in their order; each is a key of `timings`. */
export const PHASES = [
  'inputs',
  'toolchain',
  'tools',
  'casd',
  'lookup',
  'rootfs',
  'capture',
  'build',
  'store',
  'outputs',
  'push',
] as const;

export type Phase = (typeof PHASES)[number];

export interface ReportedOutput {
  /** Relative to the working directory. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink';
  /** Of the file's content or of the directory's Tree; null for a symlink. */
  readonly digest: Digest | null;
  /** Bytes of the file, or of all files in the directory. */
  readonly size: number;
  readonly executable: boolean;
}

/** What happened in one run, as data. The renderers own the words. */
export interface RunReport {
  readonly result: 'hit' | 'built' | 'failed';
  readonly hitFrom: 'local' | 'cache' | 'remote' | null;
  readonly exitCode: number;
  /** Why a failed build failed, where its exit code alone does not say it (a timeout, a missing output). */
  readonly failure: string | null;
  /** The command as a person would type it, one line. */
  readonly title: string;
  readonly actionDigest: Digest;
  readonly commandDigest: Digest;
  readonly inputRootDigest: Digest;
  /** The Directory that holds the outputs at their paths; null when there is no result. */
  readonly outputsDigest: Digest | null;
  readonly outputs: readonly ReportedOutput[];
  readonly stdoutDigest: Digest | null;
  readonly stderrDigest: Digest | null;
  /** Files of the input and their bytes; how many files the local cache had, null when it was not asked for them. */
  readonly input: { readonly files: number; readonly bytes: number; readonly cached: number | null };
  /**
   * `rootfs` as the user names it: `host`, or `cas:HASH/SIZE`. `cut` names the folders of tools that are too large to be
   * looked at as a whole, `bySize` those of which some files count by name, size and mode alone: not every change of
   * either is another action.
   */
  readonly toolchain: {
    readonly rootfs: string;
    readonly identity: string;
    readonly cut: readonly string[];
    readonly bySize: readonly string[];
  };
  /** Null when the run needed no BuildBox. */
  readonly buildbox: { readonly version: string; readonly source: string } | null;
  readonly staging: 'fuse' | 'copy' | null;
  /** Why so, as one line. */
  readonly stagingReason: string | null;
  /** Null when none is configured. */
  readonly remote: RemoteReport | null;
  /** Null when nothing is kept between runs. */
  readonly kept: PackReport | null;
  /** What was saved for the next runs; null where nothing had to be, or a later step does it. */
  readonly save: SaveReport | null;
  readonly trust: TrustReport;
  /** Bytes in the local cache and its quota; null when no casd ran. */
  readonly cache: { readonly size: number; readonly quota: number } | null;
  readonly casdSocket: string | null;
  /** Milliseconds a phase took; a phase that was not needed is absent. */
  readonly timings: Readonly<Partial<Record<Phase, number>>>;
  /** Milliseconds from start to end, as the user waits. */
  readonly duration: number;
  readonly startedAt: Date;
  /** Who built this result; on a hit, who built it then. */
  readonly builtBy: string;
  /** What it was built under; null on a hit of the remote, where nobody knows. */
  readonly builtUnder: ReportedOrigin | null;
  /** Milliseconds the build itself took; on a hit, took then. */
  readonly buildDuration: number | null;
  readonly warnings: readonly string[];
}

/** Bytes that came from where results are kept between runs. */
export function restoredBytes({ remote, kept }: RunReport): number {
  return (remote?.fetched?.bytes ?? 0) + (kept?.restored ?? 0);
}

/** Bytes that this run gave to those that follow, wherever they are kept. */
export function savedBytes({ remote, save }: RunReport): number {
  return (remote?.pushed?.bytes ?? 0) + (save?.saved ?? 0);
}
