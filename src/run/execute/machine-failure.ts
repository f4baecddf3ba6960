/** What was seen of a build that failed, and of the machine while it ran. */
export interface FailureFacts {
  /** Of the command. */
  readonly exitCode: number;
  /** What of its output tells of the machine, if anything does: see `OutputSigns`. */
  readonly hint: string | undefined;
  /** How many processes the kernel ended for want of memory, on the whole machine. */
  readonly outOfMemory: number;
  /** Where a disk was that had no room left at some moment. */
  readonly fullDisk: string | undefined;
  readonly network: 'off' | 'on';
}

const BY_SIGNAL = 128;
const LAST_SIGNAL = 64;

/** Of these signals a process's own doing is the usual cause: TRAP, ABRT, FPE, SEGV, PIPE, SYS (signal(7)). */
const OWN: ReadonlySet<number> = new Set([5, 6, 8, 11, 13, 31]);

/**
 * Why a failure may not be the build's own but of the machine or of the moment, so that it is not remembered. It says so
 * too often rather than too rarely: then the next run builds again, and that is all.
 */
export function machineCause(facts: FailureFacts): string | undefined {
  const signal = foreignSignal(facts.exitCode);
  if (signal !== undefined) return `the build was ended by signal ${signal}`;
  if (facts.outOfMemory > 0) return 'the kernel ended a process for want of memory while it ran';
  if (facts.fullDisk !== undefined) return `the disk at ${facts.fullDisk} was full while it ran`;
  if (facts.hint !== undefined) return `its output says "${facts.hint}"`;
  return facts.network === 'on' ? 'with `network: on` the network may be the cause' : undefined;
}

/** The signal that an exit code tells of, where it is one that comes from outside of a program. */
export function foreignSignal(exitCode: number): number | undefined {
  const signal = exitCode - BY_SIGNAL;
  return signal > 0 && signal <= LAST_SIGNAL && !OWN.has(signal) ? signal : undefined;
}
