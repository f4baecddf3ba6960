import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

type Environment = Readonly<Record<string, string>>;

/** What many CI systems set, whichever they are. */
const ANY_CI = [
  'CI',
  'CONTINUOUS_INTEGRATION',
  'BUILD_NUMBER',
  'TEAMCITY_VERSION',
  'CODEBUILD_BUILD_ID',
  'APPVEYOR',
  'SEMAPHORE',
  'CIRRUS_CI',
  'BAMBOO_BUILDKEY',
  'GO_PIPELINE_LABEL',
  'PROW_JOB_ID',
  'HUDSON_URL',
];

/**
 * What GitHub's runner and those like it set. `GITHUB_TOKEN`, `GITHUB_USER` and the like are on many a laptop, and
 * `RUNNER_TOOL_CACHE` is set by whoever wants to keep tools there.
 */
const OF_A_RUNNER =
  /^(ACTIONS_[A-Z_]+|RUNNER_(?!TOOL_CACHE$)[A-Z_]+|GITHUB_(ACTIONS?|ACTION_[A-Z]+|ACTOR|ACTOR_ID|BASE_REF|ENV|EVENT_NAME|EVENT_PATH|HEAD_REF|JOB|OUTPUT|PATH|REF|REF_[A-Z]+|REPOSITORY|REPOSITORY_[A-Z_]+|RETENTION_DAYS|RUN_[A-Z]+|SHA|STATE|STEP_SUMMARY|TRIGGERING_ACTOR|WORKFLOW|WORKFLOW_[A-Z]+|WORKSPACE))$/;

/** What other CI systems name their variables by. */
const OF_A_JOB =
  /^(CI_(JOB|PIPELINE|PROJECT|COMMIT|BUILD|RUNNER|SERVER)_|BUILDKITE_|CIRCLE_|DRONE_|BITBUCKET_)/;

/** Where jobs have their checkouts. */
const OF_A_WORKSPACE =
  /^(\/home\/runner\/work|\/__w|\/github\/workspace|\/builds\/[^/]+\/[^/]+|\/home\/circleci\/project|\/home\/vsts\/work|\/opt\/atlassian\/pipelines|\/codebuild\/output|\/drone\/src|\/woodpecker\/src|\/var\/(lib\/jenkins|jenkins_home)\/workspace|\/var\/lib\/buildkite-agent\/builds)(\/|$)/;

/** Where the checkout is below a runner's work folder: REPOSITORY/REPOSITORY. */
const MOST_LEVELS = 6;

/**
 * What shows that this is a CI job, in words; undefined where nothing does. Variables are lost to `sudo` and `docker run`,
 * so the place of the checkout and what `actions/checkout` leaves in it count as well.
 *
 * @param workspace absolute
 */
export function ciSign(environment: Environment, workspace: string): string | undefined {
  const generic = ANY_CI.find((name) => isSet(environment[name]));
  if (generic !== undefined) return `${generic} is set`;
  const variable = Object.keys(environment).find(
    (name) => (OF_A_RUNNER.test(name) || OF_A_JOB.test(name)) && isSet(environment[name]),
  );
  if (variable !== undefined) return `${variable} is set`;
  if (OF_A_WORKSPACE.test(workspace)) return 'the checkout lies where jobs have theirs';
  return signAround(workspace);
}

/** Whether a variable says something: CI systems set to nothing, `false` or `0` what does not hold. */
export function isSet(value: string | undefined): value is string {
  return value !== undefined && !['', 'false', '0'].includes(value.toLowerCase());
}

function signAround(workspace: string): string | undefined {
  let folder = workspace;
  for (let level = 0; level < MOST_LEVELS; level += 1) {
    if (existsSync(join(folder, '_temp')) && existsSync(join(folder, '_actions'))) {
      return `${folder} is a runner's work folder`;
    }
    if (isCheckoutOfJob(join(folder, '.git'))) return `${folder} was checked out by a job`;
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return undefined;
}

/** `actions/checkout` leaves its token in git's settings, or a file of it beside the runner's others, and the pull request's ref. */
function isCheckoutOfJob(git: string): boolean {
  try {
    if (existsSync(join(git, 'refs', 'remotes', 'pull'))) return true;
    const file = join(git, 'config');
    if (!statSync(file).isFile()) return false; // To read a pipe would be to wait for whoever writes to it.
    const settings = readFileSync(file, 'utf8');
    return (
      /^\s*extraheader\s*=\s*AUTHORIZATION: basic /im.test(settings) ||
      /git-credentials-[0-9a-f-]{36}\.config/.test(settings)
    );
  } catch {
    return false;
  }
}
