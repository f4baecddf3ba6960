/** A CI system that tells at least under which ref a job runs. */
export type CiSystem =
  | 'GitHub'
  | 'GitLab'
  | 'Buildkite'
  | 'Drone'
  | 'Woodpecker'
  | 'Jenkins'
  | 'CircleCI'
  | 'Travis'
  | 'Azure'
  | 'Bitbucket';

/** Where the code that is built here comes from, as far as the CI system tells. */
export interface Provenance {
  /** Whose job this is; `unknown` where it looks like a job of one that does not tell; undefined where it is none. */
  readonly ci: CiSystem | 'unknown' | undefined;
  /** What it looks like a job by, where nothing else is known. */
  readonly sign: string | undefined;
  /** `OWNER/NAME`, or as the CI system names it. */
  readonly repository: string | undefined;
  /** `push`, `pull_request`, …; undefined where it is not told. */
  readonly event: string | undefined;
  /** The full ref that was pushed or chosen, such as `refs/heads/main`. */
  readonly ref: string | undefined;
  readonly defaultBranch: string | undefined;
  /** The branch that a pull request would go into, without `refs/heads/`. */
  readonly baseBranch: string | undefined;
}
