import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Provenance } from '../trust/provenance.js';
import { ciSign, isSet } from './ci-signs.js';
import { readOtherCi } from './other-ci.js';

type Environment = Readonly<Record<string, string>>;

const payload = v.object({ repository: v.object({ default_branch: v.pipe(v.string(), v.nonEmpty()) }) });

/**
 * Reads where the code comes from out of what a CI system tells its jobs. Where that was lost on the way (`sudo`,
 * `docker run`), whatever still looks like a job is one.
 *
 * @param workspace absolute
 */
export function readProvenance(environment: Environment, workspace: string): Provenance {
  // A container of a job may have been given only some of the variables: whoever names an event has a workflow.
  const onGitHub = environment.GITHUB_ACTIONS === 'true' || isSet(environment.GITHUB_EVENT_NAME);
  if (onGitHub) return readGitHub(environment);
  return readOtherCi(environment) ?? untold(ciSign(environment, workspace));
}

function readGitHub(environment: Environment): Provenance {
  return {
    ci: 'GitHub',
    sign: undefined,
    repository: nonEmpty(environment.GITHUB_REPOSITORY),
    event: nonEmpty(environment.GITHUB_EVENT_NAME),
    ref: nonEmpty(environment.GITHUB_REF),
    defaultBranch: readDefaultBranch(environment.GITHUB_EVENT_PATH),
    baseBranch: nonEmpty(environment.GITHUB_BASE_REF),
  };
}

function untold(sign: string | undefined): Provenance {
  return {
    ci: sign === undefined ? undefined : 'unknown',
    sign,
    repository: undefined,
    event: undefined,
    ref: undefined,
    defaultBranch: undefined,
    baseBranch: undefined,
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
