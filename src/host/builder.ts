import { hostname, userInfo } from 'node:os';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where CI systems tell the address of the job at hand; the first that is set names the builder. */
const JOB_ADDRESSES = [
  'CI_JOB_URL', // GitLab
  'BUILDKITE_BUILD_URL',
  'CIRCLE_BUILD_URL',
  'TRAVIS_JOB_WEB_URL',
  'DRONE_BUILD_LINK',
  'CI_PIPELINE_URL', // Woodpecker, and GitLab outside jobs
  'BUILD_URL', // Jenkins
] as const;

/** Who builds here: the CI job's address, or user@host. */
export function terminalBuilder(environment: Environment): string {
  for (const name of JOB_ADDRESSES) {
    const address = environment[name];
    if (address !== undefined && /^https?:\/\//.test(address)) return address;
  }
  return runAddress(environment) ?? `${userName(environment)}@${hostname()}`;
}

/** The address of a GitHub workflow run with its attempt, where the environment names one. */
export function runAddress(environment: Environment): string | undefined {
  const { GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID, GITHUB_RUN_ATTEMPT } = environment;
  if (!GITHUB_SERVER_URL || !GITHUB_REPOSITORY || !GITHUB_RUN_ID) return undefined;
  const attempt = GITHUB_RUN_ATTEMPT ? `/attempts/${GITHUB_RUN_ATTEMPT}` : '';
  return `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}${attempt}`;
}

/** A container's user may have no entry in the user database. */
function userName(environment: Environment): string {
  try {
    return userInfo().username;
  } catch {
    return environment.USER ?? String(process.getuid?.() ?? 0);
  }
}
