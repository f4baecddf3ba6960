import type { RetryPolicy } from '../../async/retry.js';

/** The ways in which pip is called, best first. */
export const PIP_COMMANDS: readonly (readonly string[])[] = [
  ['pip3'],
  ['pip'],
  ['python3', '-m', 'pip'],
  ['python', '-m', 'pip'],
];

/** One pip, with its own retries; milliseconds. 36 MB at 1 Mbit/s take 290 s. */
export const PIP_DEADLINE = 300_000;
export const PIP_RETRY: RetryPolicy = { attempts: 2, firstDelay: 2000 };

/** What came of a pip. */
export type PipOutcome =
  | { readonly kind: 'done' }
  /** The file is another one. */
  | { readonly kind: 'wrong-hash'; readonly expected: string; readonly got: string }
  /** This pip does not work, or does not know how to fetch it; another one may. */
  | { readonly kind: 'unable'; readonly reason: string }
  /** The index was not reached. */
  | { readonly kind: 'unreachable'; readonly reason: string };

/**
 * Reads what pip printed. A failed connection comes first: after it pip also claims that there is no such version.
 * The sentences are those of pip 18 to 26.
 */
export function pipOutcome(exitCode: number, output: string): PipOutcome {
  if (exitCode === 0) return { kind: 'done' };
  const expected = /Expected sha256 ([0-9a-f]{64})/.exec(output)?.[1];
  const got = /Got\s+([0-9a-f]{64})/.exec(output)?.[1];
  if (expected !== undefined && got !== undefined) return { kind: 'wrong-hash', expected, got };
  if (LOST.test(output)) {
    return { kind: 'unreachable', reason: `the package index was not reached${whyNotReached(output)}` };
  }
  return { kind: 'unable', reason: lastError(output) ?? `pip ended with ${exitCode}` };
}

const LOST =
  /Retrying \(|ConnectionError|ReadTimeoutError|IncompleteRead|ProxyError|HTTP error 5\d\d|50[234] Server Error/;

/** The words inside `connection broken by 'Kind(<object>: words)'`. */
function whyNotReached(output: string): string {
  const words = /broken by '(?:.*?object at [^>]*>: )?(.*?)'\)?': /.exec(output)?.[1];
  return words === undefined ? '' : ` (${words})`;
}

function lastError(output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  const line = lines.filter((text) => /error|no matching|no module|not find/i.test(text)).at(-1);
  return (line ?? lines.filter(Boolean).at(-1))?.replace(/^ERROR:\s*|\s*\(from -r .*$/g, '');
}
