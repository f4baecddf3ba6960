import { setLogger } from '@grpc/grpc-js';

/** The newest lines that gRPC had to say; it makes an attempt to connect ten times a second. */
const MOST_LINES = 20;
const lines: string[] = [];

/**
 * Keeps what gRPC writes on stderr otherwise: it says the same again at each attempt, in words that are not for people,
 * and a job that looks into its own gRPC (`GRPC_VERBOSITY`, `GRPC_TRACE`) does not mean ours.
 */
export function quietGrpc(): void {
  const keep = (message: unknown) => {
    lines.push(String(message));
    if (lines.length > MOST_LINES) lines.shift();
  };
  setLogger({ error: keep, info: keep, debug: keep });
}

/** The first group of the newest line that has this pattern: some of what gRPC says is nowhere else. */
export function lastSaid(pattern: RegExp): string | undefined {
  for (const line of lines.toReversed()) {
    const match = pattern.exec(line);
    if (match !== null) return match[1];
  }
  return undefined;
}
