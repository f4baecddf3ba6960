/** Where the code that is built here comes from, as far as the CI system tells. */
export interface Provenance {
  /** Whether a GitHub workflow runs us, in whatever way it calls us. */
  readonly onGitHub: boolean;
  /** `OWNER/NAME`. */
  readonly repository: string | undefined;
  /** `push`, `pull_request`, …; undefined where it is not told. */
  readonly event: string | undefined;
  /** The full ref that was pushed or chosen, such as `refs/heads/main`. */
  readonly ref: string | undefined;
  readonly defaultBranch: string | undefined;
  /** The branch that a pull request would go into, without `refs/heads/`. */
  readonly baseBranch: string | undefined;
}
