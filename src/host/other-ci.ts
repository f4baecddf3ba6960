import type { CiSystem, Provenance } from '../trust/provenance.js';
import { isSet } from './ci-signs.js';

type Environment = Readonly<Record<string, string>>;

/** The variables in which a CI system tells its jobs what they build. */
interface CiVariables {
  readonly ci: CiSystem;
  /** Set in every job. */
  readonly mark: string;
  readonly repository: string;
  readonly event?: string;
  /** A branch, or a full ref. */
  readonly branch: string;
  /** The number or address of a pull or merge request, where it is one; `false` in some where it is none. */
  readonly proposal: string;
  readonly base?: string;
  readonly defaultBranch?: string;
}

/** As the documentation of each has them; GitHub's own are read apart. */
const SYSTEMS: readonly CiVariables[] = [
  {
    ci: 'GitLab',
    mark: 'GITLAB_CI',
    repository: 'CI_PROJECT_PATH',
    event: 'CI_PIPELINE_SOURCE',
    branch: 'CI_COMMIT_BRANCH',
    proposal: 'CI_MERGE_REQUEST_IID',
    base: 'CI_MERGE_REQUEST_TARGET_BRANCH_NAME',
    defaultBranch: 'CI_DEFAULT_BRANCH',
  },
  {
    ci: 'Buildkite',
    mark: 'BUILDKITE',
    repository: 'BUILDKITE_REPO',
    event: 'BUILDKITE_SOURCE',
    branch: 'BUILDKITE_BRANCH',
    proposal: 'BUILDKITE_PULL_REQUEST',
    base: 'BUILDKITE_PULL_REQUEST_BASE_BRANCH',
    defaultBranch: 'BUILDKITE_PIPELINE_DEFAULT_BRANCH',
  },
  {
    ci: 'Drone',
    mark: 'DRONE',
    repository: 'DRONE_REPO',
    event: 'DRONE_BUILD_EVENT',
    branch: 'DRONE_COMMIT_REF',
    proposal: 'DRONE_PULL_REQUEST',
    base: 'DRONE_TARGET_BRANCH',
    defaultBranch: 'DRONE_REPO_BRANCH',
  },
  {
    ci: 'Woodpecker',
    mark: 'CI_PIPELINE_FORGE_URL',
    repository: 'CI_REPO',
    event: 'CI_PIPELINE_EVENT',
    branch: 'CI_COMMIT_REF',
    proposal: 'CI_COMMIT_PULL_REQUEST',
    base: 'CI_COMMIT_TARGET_BRANCH',
    defaultBranch: 'CI_REPO_DEFAULT_BRANCH',
  },
  {
    ci: 'Jenkins',
    mark: 'JENKINS_URL',
    repository: 'GIT_URL',
    branch: 'BRANCH_NAME',
    proposal: 'CHANGE_ID',
    base: 'CHANGE_TARGET',
  },
  {
    ci: 'CircleCI',
    mark: 'CIRCLECI',
    repository: 'CIRCLE_REPOSITORY_URL',
    branch: 'CIRCLE_BRANCH',
    proposal: 'CIRCLE_PULL_REQUEST',
  },
  {
    ci: 'Travis',
    mark: 'TRAVIS',
    repository: 'TRAVIS_REPO_SLUG',
    branch: 'TRAVIS_BRANCH',
    proposal: 'TRAVIS_PULL_REQUEST',
  },
  {
    ci: 'Azure',
    mark: 'TF_BUILD',
    repository: 'BUILD_REPOSITORY_URI',
    branch: 'BUILD_SOURCEBRANCH',
    proposal: 'SYSTEM_PULLREQUEST_PULLREQUESTID',
  },
  {
    ci: 'Bitbucket',
    mark: 'BITBUCKET_BUILD_NUMBER',
    repository: 'BITBUCKET_REPO_FULL_NAME',
    branch: 'BITBUCKET_BRANCH',
    proposal: 'BITBUCKET_PR_ID',
    base: 'BITBUCKET_PR_DESTINATION_BRANCH',
  },
];

/** Undefined where no CI system shows that we know the variables of. */
export function readOtherCi(environment: Environment): Provenance | undefined {
  const system = SYSTEMS.find(({ mark }) => isSet(environment[mark]));
  if (system === undefined) return undefined;
  const read = (name: string | undefined) =>
    name !== undefined && isSet(environment[name]) ? environment[name] : undefined;
  const proposal = read(system.proposal);
  return {
    ci: system.ci,
    sign: undefined,
    repository: withoutUser(read(system.repository)),
    event: read(system.event),
    ref: proposal === undefined ? fullRef(read(system.branch)) : `refs/pull/${proposal}`,
    defaultBranch: read(system.defaultBranch),
    baseBranch: proposal === undefined ? undefined : read(system.base),
  };
}

function fullRef(branch: string | undefined): string | undefined {
  return branch === undefined || branch.startsWith('refs/') ? branch : `refs/heads/${branch}`;
}

/** An address may have a token in it. */
function withoutUser(repository: string | undefined): string | undefined {
  return repository?.replace(/^([a-z]+:\/\/)[^/@]*@/, '$1');
}
