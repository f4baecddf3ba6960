/**
 * What bubblewrap and the shim say about a sandbox, in one file: bubblewrap's documents (`--json-status-fd`), and lines
 * of the shim: `lost`, `ended CODE` when bubblewrap has ended, `over` when the shim is through.
 *
 * `untouched`: bubblewrap was never called. `failed`: it ran, but the command did not, either because the sandbox
 * could not be set up or because the command was not found. `killed`: it was ended from outside. `lost`: what the
 * command was given to read went away before its end. `started`: the command ran to its end.
 */
export type SandboxStatus = 'untouched' | 'failed' | 'killed' | 'lost' | 'started';

/** What a shell adds to the number of the signal that a program was ended by. */
const BY_SIGNAL = 128;

/** @param text undefined where there is no such file */
export function statusIn(text: string | undefined): SandboxStatus {
  if (text === undefined) return 'untouched';
  const lines = text.split('\n');
  if (lines.includes('lost')) return 'lost';
  // This comes from bubblewrap exactly when the command started and ended.
  if (text.includes('"exit-code"')) return 'started';
  const ended = lines.find((line) => line.startsWith('ended '));
  return ended === undefined || Number(ended.slice('ended '.length)) > BY_SIGNAL ? 'killed' : 'failed';
}

/** The first process of the sandbox, undefined before it is there. */
export function initIn(text: string): number | undefined {
  const pid = /"child-pid": (\d+)/.exec(text)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

/** Whether the command has, or bubblewrap, which then was killed. */
export function hasEnded(text: string): boolean {
  return text.includes('"exit-code"') || text.split('\n').some((line) => line.startsWith('ended '));
}

export function isOver(text: string): boolean {
  return text.split('\n').includes('over');
}
