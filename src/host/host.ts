import type { Log, Machine } from '../machine.js';
import type { RunReport } from '../report/run/report.js';
import type { Provenance } from '../trust/provenance.js';

/**
 * Where the build's own output goes, unchanged and as it comes. A promise is fulfilled, never rejected, when there is
 * room for more: who does not wait for it keeps in memory whatever a slow reader has not taken.
 */
export interface BuildLog {
  stdout(chunk: Buffer): Promise<void>;
  stderr(chunk: Buffer): Promise<void>;
  /** Ends the log; a second call does nothing. */
  close(): void;
}

export interface PublishOptions {
  /** Whether the run is summed up: on the page that a CI system has for it, or in the lines that close it on a terminal. */
  readonly summary: boolean;
  /** Where the build record goes, absolute or relative to the workspace; undefined: where the host keeps it, if it does. */
  readonly record: string | undefined;
}

/** What differs between CI systems. */
export interface Host {
  readonly machine: Machine;
  readonly provenance: Provenance;
  /** Warnings told here are shown at once; the report's own list of them is for the summary and the record. */
  readonly log: Log;
  /** Has the CI system hide a text wherever it shows a log. */
  mask(secret: string): void;
  /** @param signal when it is aborted, no slow reader is waited for any more */
  openBuildLog(title: string, signal?: AbortSignal): BuildLog;
  /** Prints what the user asked for (a usage, a status), ending whatever progress is shown. */
  answer(text: string): void;
  /**
   * Tells the outcome of a run: closing lines, summary, annotations, outputs, record.
   *
   * @throws Fault when a record that was asked for, or the CI system's outputs, cannot be written.
   */
  publish(report: RunReport, options: PublishOptions): Promise<void>;
  /** Tells why there is no outcome, and returns the exit code that the process ends with. */
  fail(error: unknown): number;
}
