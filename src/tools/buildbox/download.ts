import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault, messageOf } from '../../errors.js';
import { wholeEscapes } from '../../process/proxy.js';
import { retry, type RetryPolicy } from '../../async/retry.js';
import { WrongHash } from './wrong-hash.js';

export interface DownloadLimits extends RetryPolicy {
  /** The whole download of one attempt, in milliseconds. */
  readonly deadline: number;
  /** The longest silence: before the answer begins, or within it; milliseconds. */
  readonly silence: number;
  /** The most that is taken, in bytes. */
  readonly size: number;
}

/** A BuildBox release is about 40 MB, which takes 320 s at 1 Mbit/s. */
export const DOWNLOAD_LIMITS: DownloadLimits = {
  attempts: 4,
  firstDelay: 1000,
  deadline: 600_000,
  silence: 30_000,
  size: 500_000_000,
};

/** Answers that another attempt may turn into a better one (RFC 9110; 429 is RFC 6585). */
const TRANSIENT_STATUS: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

class Transient extends Fault {}

/**
 * Fetches a file by http or https and checks it. Tried again when the network or the server is to blame.
 *
 * @param file where to write it: absolute, in an existing folder; replaced when it is there.
 * @param sha256 64 hexadecimal digits.
 * @throws WrongHash when it is another file, Fault when it cannot be had, the signal's reason when it is aborted.
 */
export async function download(
  url: string,
  file: string,
  sha256: string,
  signal: AbortSignal,
  limits: DownloadLimits = DOWNLOAD_LIMITS,
): Promise<void> {
  const { address, headers } = splitCredentials(url);
  const got = await retry(
    limits,
    signal,
    () => fetchOnce(address, headers, file, signal, limits),
    (error) => error instanceof Transient,
  );
  if (got !== sha256.toLowerCase()) throw new WrongHash(shown(address), sha256.toLowerCase(), got);
}

/** An address with a name and password in it becomes one without, and a header; no message shows them. */
function splitCredentials(url: string): { readonly address: URL; readonly headers: Record<string, string> } {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !['http:', 'https:'].includes(address.protocol)) {
    throw new Fault('the address to fetch from is no http or https address');
  }
  const { username, password } = address;
  address.username = '';
  address.password = '';
  if (username === '' && password === '') return { address, headers: {} };
  const pair = Buffer.from(decodeURIComponent(wholeEscapes(`${username}:${password}`))).toString('base64');
  return { address, headers: { authorization: `Basic ${pair}` } };
}

/** Without the query, which may carry a signature. */
function shown({ origin, pathname }: URL): string {
  return `${origin}${pathname}`;
}

async function fetchOnce(
  address: URL,
  headers: Readonly<Record<string, string>>,
  file: string,
  signal: AbortSignal,
  limits: DownloadLimits,
): Promise<string> {
  const silence = new AbortController();
  const watchdog = setTimeout(() => silence.abort(), limits.silence);
  const deadline = AbortSignal.timeout(limits.deadline);
  const stop = AbortSignal.any([signal, silence.signal, deadline]);
  try {
    const response = await fetch(address, { headers, signal: stop });
    if (!response.ok || response.body === null) throw refusal(address, response);
    return await writeBody(Readable.fromWeb(response.body), file, stop, limits.size, () =>
      watchdog.refresh(),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Fault) throw error;
    const cause = causeOf(error, silence.signal, deadline, limits);
    throw new Transient(`${shown(address)} was not fetched: ${reasonOf(cause)}`, { cause });
  } finally {
    clearTimeout(watchdog);
  }
}

/** An aborted fetch does not say which of its signals it was. */
function causeOf(
  error: unknown,
  silence: AbortSignal,
  deadline: AbortSignal,
  limits: DownloadLimits,
): unknown {
  if (silence.aborted) return new Error(`it was silent for ${limits.silence / 1000} s`);
  if (deadline.aborted) return new Error(`it took longer than ${limits.deadline / 1000} s`);
  return error;
}

function refusal(address: URL, { status, statusText }: Response): Fault {
  const message = `${shown(address)} was not fetched: the server answered ${status} ${statusText}`;
  return TRANSIENT_STATUS.has(status) ? new Transient(message) : new Fault(message);
}

async function writeBody(
  body: Readable,
  file: string,
  signal: AbortSignal,
  limit: number,
  onBytes: () => void,
): Promise<string> {
  const hash = createHash('sha256');
  let size = 0;
  const watch = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      onBytes();
      size += chunk.length;
      if (size > limit) throw new Fault(`the download is larger than ${limit} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(body, watch, createWriteStream(file), { signal });
  return hash.digest('hex');
}

/** fetch says only "fetch failed" and hides why in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${cause.message || cause.name})`;
}
