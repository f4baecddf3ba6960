/** Headers that say who we are. */
export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  /** When they stop to be good, in milliseconds since 1970; null where that is not known. */
  readonly expires: number | null;
}

/** Where credentials come from. */
export interface CredentialSource {
  /** For messages: `the token of remote-token`. */
  readonly description: string;
  /** Whether asking again may give other credentials. */
  readonly renewable: boolean;
  /** @throws Fault when there are none to be had; the signal's reason when it is aborted. */
  get(signal: AbortSignal): Promise<Credentials>;
}
