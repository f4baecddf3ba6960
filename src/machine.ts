/** What of its surroundings a run may know. The host reads it once; nothing else reads `process.env`. */
export interface Machine {
  /** The checkout: absolute, an existing folder. */
  readonly workspace: string;
  /** The user's home folder, absolute. */
  readonly home: string;
  /** A folder for what does not outlive the job, absolute. */
  readonly temporary: string;
  /** The user's cache folder (`XDG_CACHE_HOME` or `~/.cache`), absolute. */
  readonly userCache: string;
  /** The folder of our own bundled programs, absolute. */
  readonly programs: string;
  /** The runner's tool cache (`RUNNER_TOOL_CACHE`), where there is one. */
  readonly toolCache: string | undefined;
  /** The folders of PATH, in order, as they stand there, without those that this user may not enter. */
  readonly path: readonly string[];
  /** Name and version of the machine's image (`ImageOS`, `ImageVersion`), where the runner tells. */
  readonly image: string | undefined;
  /** The whole environment, for `env: NAME` and for what a download needs (proxies, certificates). */
  readonly environment: Readonly<Record<string, string>>;
  /** Who builds here, for the build record: a run's address, or user@host. */
  readonly builder: string;
  readonly uid: number;
  readonly gid: number;
}

/** What happens, told to a person while it happens. Each host shows it in its own way. */
export interface Log {
  /** What is being done now. Shown while it lasts. */
  phase(text: string): void;
  /** How far that is by now, told in its place as often as it changes: the host shows what its readers bear of it. */
  progress(text: string): void;
  /** A line that stays, for whoever looks. */
  info(text: string): void;
  /** A line that everybody gets to see and that is no cause for concern. */
  notice(text: string): void;
  warn(text: string): void;
}
