import { InputError } from '../errors.js';
import { parseLines } from './values.js';

/** What gRPC sends itself, and what would break the connection if somebody else sent it. */
const RESERVED =
  /^(?:grpc-.*|:.*|te|host|connection|keep-alive|proxy-connection|upgrade|http2-settings|content-type|content-length|transfer-encoding|user-agent)$/;

/**
 * Reads lines of `name: value` into headers with lower-case names. The value of a name that ends in `-bin` is Base64.
 *
 * @throws InputError, which shows no value: it may be a secret.
 */
export function parseHeaders(input: string, value: string): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const line of parseLines(value)) {
    const [name, text] = parseHeader(input, line);
    if (headers.has(name)) throw new InputError(input, `${name}: …`, 'Give each header once.');
    headers.set(name, text);
  }
  return Object.fromEntries(headers);
}

function parseHeader(input: string, line: string): [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0)).trim().toLowerCase();
  const text = line.slice(colon + 1).trim();
  const shown = colon < 0 ? '…' : `${name}: …`;
  if (!/^[0-9a-z_.-]+$/.test(name)) {
    throw new InputError(input, shown, 'Give one header a line, as `name: value`.');
  }
  if (isReservedHeader(name)) {
    throw new InputError(input, shown, 'This header belongs to gRPC itself and cannot be set.');
  }
  if (!isHeaderText(text)) {
    throw new InputError(input, shown, 'A value is printable ASCII, and not empty.');
  }
  if (name.endsWith('-bin') && !isBase64(text)) {
    throw new InputError(input, shown, 'The value of a header whose name ends in -bin is Base64.');
  }
  return [name, text];
}

/** Whether the name, in lower case, is one of gRPC's own headers. */
export function isReservedHeader(name: string): boolean {
  return RESERVED.test(name);
}

/** Whether gRPC may send this as the value of a header (gRPC over HTTP/2, "Custom-Metadata"). */
export function isHeaderText(text: string): boolean {
  return /^[ -~]+$/.test(text);
}

/** Padded or not, as gRPC takes it. */
function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/.test(text);
}
