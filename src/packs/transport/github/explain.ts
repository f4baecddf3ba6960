import type { Failure } from './protocol.js';

/**
 * What the library prints says more than what it returns: every failure of a save is -1, and that of a restore looks
 * like a miss. Read off @actions/cache 6.3.0, which is pinned: cache.js, internal/shared/cacheTwirpClient.js (v2) and
 * internal/cacheHttpClient.js (v1). The first that fits holds.
 */
const RULES: readonly (readonly [RegExp, (match: RegExpExecArray) => Failure])[] = [
  [/cache write denied:/, () => denied("the job's token may only read")],
  [/cache read denied:/, () => denied("the job's token may not read")],
  [/storage quota has been hit/, () => denied("the repository's storage quota is used up")],
  [/Failed to reserve cache: .*(?:\(409\)|already.?exists)/i, () => reserved()],
  [/Unable to reserve cache .*(?:\(409\)|already exists)/i, () => reserved()],
  [/Failed to \w+: Received non-retryable error: Failed request: \((401|403)\)/, ([, code]) => refused(code)],
  [/Unable to reserve cache .*\((401|403)\)/, ([, code]) => refused(code)],
  [/Cache service responded with (401|403)(?! during)/, ([, code]) => refused(code)],
  [
    /will reset in (\d+) seconds/,
    ([, seconds]) => failed(`it is asked too often (429), for ${seconds ?? '?'} s`),
  ],
  [/\(429\)|responded with 429|Rate limited/, () => failed('it is asked too often (429)')],
  [
    /\(([45]\d\d)\)|(?:responded with|status code:?) ([45]\d\d)/,
    (match) => failed(`it answered ${statusOf(match)}`),
  ],
  [/No space left|ENOSPC/, () => failed('no space is left here for the archive')],
  [/Incomplete download/, () => failed('the download ended early')],
  [/aborted|Premature close|timed out|exceeded the timeout/, () => failed('the transfer broke off')],
  [
    /\b(E(?:CONN\w+|NOTFOUND|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|AI_AGAIN)|\w*CERT\w*|socket hang up)\b/,
    ([, code]) => failed(`no connection (${code ?? ''})`),
  ],
  [/Unexpected token|JSON/, () => failed('it answered something that is no JSON')],
  [/Unable to locate executable file/, () => failed('there is no tar on PATH')],
  [/failed with exit code/, () => failed('what came is no archive of ours')],
  [/Validation Error/, () => failed('it takes no such key')],
  [/./, () => failed('for a reason that it does not tell')],
];

/** Said of attempts that are made again, and of files that nobody needs any more. */
const HARMLESS = /^Attempt \d|Failed to delete archive|Failed to parse URL/;

/** What went wrong, judged by the lines that the library printed; undefined where it complained of nothing. */
export function explain(said: readonly string[]): Failure | undefined {
  const complaints = said.filter((line) => /^::(?:warning|error)|Failed to |No space left/.test(line));
  if (complaints.every((line) => HARMLESS.test(line))) return undefined;
  const text = complaints.filter((line) => !HARMLESS.test(line)).join('\n');
  for (const [pattern, failure] of RULES) {
    const match = pattern.exec(text);
    if (match !== null) return failure(match);
  }
  return undefined;
}

function denied(why: string): Failure {
  return { is: 'denied', why };
}

function reserved(): Failure {
  return { is: 'reserved', why: 'another job has taken the key' };
}

function refused(code: string | undefined): Failure {
  return denied(`it refuses the job's token (${code ?? ''})`);
}

function failed(why: string): Failure {
  return { is: 'failed', why };
}

function statusOf([, first, second]: RegExpExecArray): string {
  return first ?? second ?? '';
}

/** The size of the archive that was moved, in bytes. */
export function archiveBytes(said: readonly string[]): number {
  for (const line of said) {
    const bytes = /^Cache Size: ~\d+ MB \((\d+) B\)/.exec(line)?.[1];
    if (bytes !== undefined) return Number(bytes);
  }
  return 0;
}
