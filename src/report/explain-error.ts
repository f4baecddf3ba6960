import { Cancelled, EXIT_FAULT, EXIT_MISTAKE, Fault, InputError } from '../errors.js';
import { explainSystemError } from '../system-errors.js';
import { printable } from './printable.js';

/** An error in the words that its reader needs, safe to show line by line. */
export interface Explanation {
  readonly kind: 'mistake' | 'fault' | 'cancelled' | 'bug';
  /** One line: what went wrong. */
  readonly title: string;
  /** What to do about it, and what tells more. */
  readonly lines: readonly string[];
  readonly exitCode: number;
}

const LOG_LINES = 40;

/** Says what an error means to the one who ran us, and which exit code it ends with. */
export function explainError(error: unknown): Explanation {
  const explanation = explain(error);
  return {
    ...explanation,
    title: printable(explanation.title),
    lines: explanation.lines.map(printable),
  };
}

function explain(error: unknown): Explanation {
  const cancelled = findInCauses(error, Cancelled);
  if (cancelled !== undefined) {
    return {
      kind: 'cancelled',
      title: `The run was cancelled (${cancelled.signal}).`,
      lines: [],
      exitCode: cancelled.exitCode,
    };
  }
  if (error instanceof InputError)
    return { kind: 'mistake', title: error.message, lines: [], exitCode: EXIT_MISTAKE };
  if (error instanceof Fault) return explainFault(error);
  const trouble = explainSystemError(error);
  if (trouble !== undefined) {
    return { kind: 'fault', title: trouble.title, lines: [trouble.remedy], exitCode: EXIT_FAULT };
  }
  return explainBug(error);
}

function explainFault(fault: Fault): Explanation {
  return {
    kind: 'fault',
    title: fault.message,
    lines: [
      ...causesOf(fault),
      ...(fault.remedy === undefined ? [] : [fault.remedy]), // One line: a name in it may hold a newline.
      ...logOf(fault),
    ],
    exitCode: EXIT_FAULT,
  };
}

function explainBug(error: unknown): Explanation {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    kind: 'bug',
    title: `This is a bug in buildbox-action: ${firstLine(error instanceof Error ? error.message : String(error))}`,
    lines: ['Please report it, with the lines below and what you ran.', ...indent(toLines(stack))],
    exitCode: EXIT_FAULT,
  };
}

/** The messages of the causes, each only where it says something that the one above it did not. */
function causesOf(error: Error): readonly string[] {
  const lines: string[] = [];
  let above = error.message;
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) {
    if (cause.message !== '' && !above.includes(cause.message)) {
      lines.push(`Cause: ${firstLine(cause.message)}`);
      above = cause.message;
    }
  }
  return lines;
}

function logOf(fault: Fault): readonly string[] {
  const all = toLines(fault.log ?? '');
  if (all.length === 0) return [];
  const tail = all.slice(-LOG_LINES);
  const heading = tail.length < all.length ? `The last ${LOG_LINES} lines of its log:` : 'Its log:';
  return [heading, ...indent(tail)];
}

function findInCauses<T extends Error>(
  error: unknown,
  type: abstract new (...args: never[]) => T,
): T | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    if (at instanceof type) return at;
  }
  return undefined;
}

function toLines(text: string): readonly string[] {
  const trimmed = text.replace(/\s+$/, '');
  return trimmed === '' ? [] : trimmed.split(/\r?\n/);
}

function firstLine(text: string): string {
  return toLines(text)[0] ?? '(no message)';
}

function indent(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
