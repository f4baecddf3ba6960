import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Provenance } from '../trust/provenance.js';

const payload = v.object({ repository: v.object({ default_branch: v.pipe(v.string(), v.nonEmpty()) }) });

/** Reads where the code comes from out of the variables and the event's payload that GitHub's runner gives. */
export function readProvenance(environment: Readonly<Record<string, string>>): Provenance {
  const event = nonEmpty(environment.GITHUB_EVENT_NAME);
  return {
    // A container of a job may have been given only some of the variables: whoever names an event has a workflow.
    onGitHub: environment.GITHUB_ACTIONS === 'true' || event !== undefined,
    repository: nonEmpty(environment.GITHUB_REPOSITORY),
    event,
    ref: nonEmpty(environment.GITHUB_REF),
    defaultBranch: readDefaultBranch(environment.GITHUB_EVENT_PATH),
    baseBranch: nonEmpty(environment.GITHUB_BASE_REF),
  };
}

/** A payload that cannot be read tells nothing, and what is not known is not trusted. */
function readDefaultBranch(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return v.parse(payload, JSON.parse(readFileSync(file, 'utf8'))).repository.default_branch;
  } catch {
    return undefined;
  }
}

/** GitHub sets some variables to nothing where others leave them out. */
function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
