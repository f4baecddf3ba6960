import * as core from '@actions/core';
import { plainLine } from '../plain-line.js';

/** GitHub keeps this many annotations of a kind of a step, and this many characters of each. */
const MOST_OF_A_KIND = 10;
const MOST_CHARACTERS = 4096;

export interface Annotator {
  /** @param text may have several lines; the log shows it without the title */
  error(title: string, text: string): void;
  warning(text: string): void;
}

/** Writes errors and warnings that GitHub shows beside the run; those beyond its limit are plain lines of the log. */
export function annotator(): Annotator {
  let errors = 0;
  let warnings = 0;
  return {
    error: (title, text) => {
      errors += 1;
      if (errors <= MOST_OF_A_KIND) core.error(cut(text), { title: cut(title) });
      else for (const line of text.split('\n')) core.info(plainLine(line));
    },
    warning: (text) => {
      warnings += 1;
      if (warnings <= MOST_OF_A_KIND) core.warning(cut(text));
      else core.info(plainLine(`warning: ${text}`));
    },
  };
}

/** Keeps the beginning, whole characters only. */
function cut(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  const kept = text.slice(0, MOST_CHARACTERS - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}
