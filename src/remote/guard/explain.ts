import { status } from '@grpc/grpc-js';
import type { Endpoint } from '../../config/endpoint.js';
import { messageOf } from '../../errors.js';
import { DIRECT, type Route } from '../../process/proxy.js';
import { RpcError } from '../../rpc/call.js';
import { lastSaid } from '../../rpc/grpc-log.js';
import { NO_CREDENTIALS } from '../credentials/interceptor.js';
import { Unavailable } from './guard.js';
import type { Secrets } from '../secrets.js';

export type ProblemKind =
  /** The server does not believe who we say we are. */
  | 'refused-credentials'
  /** It believes it, and does not allow what was asked. */
  | 'forbidden'
  /** We could not find out who we are. */
  | 'no-credentials'
  /** Nobody is there. */
  | 'absent'
  /** The proxy on the way does not let us through. */
  | 'proxy'
  /** Somebody is there and does not answer in time. */
  | 'silent'
  /** The two sides do not agree on TLS. */
  | 'tls'
  /** Somebody answers, in another protocol. */
  | 'not-grpc'
  | 'unimplemented'
  | 'overloaded'
  /** Any other answer. */
  | 'error';

export interface RemoteProblem {
  readonly kind: ProblemKind;
  /** A sentence without a full stop, fit to be shown: of one line, without secrets. */
  readonly text: string;
}

export interface ProblemPlace {
  readonly endpoint: Pick<Endpoint, 'display' | 'scheme'>;
  /** What says there who we are; null where nothing does. */
  readonly credentials: string | null;
  readonly route?: Route;
}

const LONGEST_SAYING = 300;

/** Says in a person's words what a failed call to an endpoint means. */
export function explainRemoteError(
  error: unknown,
  place: ProblemPlace,
  secrets: Pick<Secrets, 'hide'>,
): RemoteProblem {
  const { kind, text } = explain(error, place);
  return { kind, text: oneLine(secrets.hide(`${text}${mentionRoute(kind, place)}`)) };
}

function explain(error: unknown, place: ProblemPlace): RemoteProblem {
  if (error instanceof Unavailable && error.cause instanceof RpcError) return explain(error.cause, place);
  const { display } = place.endpoint;
  if (!(error instanceof RpcError)) return { kind: 'error', text: `${display}: ${messageOf(error)}` };
  const { code, details } = error;
  if (details.startsWith(NO_CREDENTIALS)) {
    return { kind: 'no-credentials', text: `${display}: ${details.slice(NO_CREDENTIALS.length)}` };
  }
  if (/Received HTTP status code|Protocol error|without gRPC status/.test(details)) {
    return { kind: 'not-grpc', text: `${display} answers, but not in gRPC (${lastError(details)})` };
  }
  if (details.includes('Received message larger than max')) {
    // The first bytes of any other protocol make the length of an enormous message.
    return { kind: 'not-grpc', text: `${display} answers more than fits, or not in gRPC (${details})` };
  }
  switch (code) {
    case status.UNAUTHENTICATED:
      return { kind: 'refused-credentials', text: refusal(place, details) };
    case status.PERMISSION_DENIED:
      return { kind: 'forbidden', text: `${display} is there and does not allow it: ${details}` };
    case status.UNAVAILABLE:
      return explainUnavailable(place, details);
    case status.DEADLINE_EXCEEDED:
      return { kind: 'silent', text: `${display} does not answer in time` };
    case status.UNIMPLEMENTED:
      return { kind: 'unimplemented', text: `${display} does not have this service` };
    case status.RESOURCE_EXHAUSTED:
      return { kind: 'overloaded', text: `${display} has no room for it: ${details}` };
    default:
      return { kind: 'error', text: `${display} answers ${status[code]}: ${details}` };
  }
}

/** What is on the way matters where nobody answers. */
function mentionRoute(kind: ProblemKind, { route = DIRECT }: ProblemPlace): string {
  if (route.kind === 'direct' || !['absent', 'silent', 'tls', 'not-grpc'].includes(kind)) return '';
  return route.kind === 'proxy'
    ? ` (through the proxy ${route.address} of \`${route.variable}\`)`
    : ` (no proxy was used: \`${route.variable}\` names none that can be: ${route.why})`;
}

function refusal({ endpoint, credentials }: ProblemPlace, details: string): string {
  const what =
    credentials === null ? 'asks for credentials, and none are configured' : `refuses ${credentials}`;
  return `${endpoint.display} is there and ${what}${details === '' ? '' : ` (${details})`}`;
}

/** What grpc-js and OpenSSL say of a connection that does not come about, and what it means. */
const TLS_MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/, 'its certificate has expired'],
  [/not yet valid/, 'its certificate is not valid yet; or the clock here is wrong'],
  [/ALTNAME_INVALID|does not match certificate/, 'its certificate is for another host'],
  [
    /self-signed|unable to (?:verify|get)/,
    'nobody whom we trust vouches for its certificate; `remote-ca` names who does',
  ],
  [
    /certificate required|handshake failure/,
    'it asks for a client certificate that it accepts (`remote-client-cert`)',
  ],
  [
    /alert (?:unknown ca|bad certificate|certificate (?:unknown|revoked|expired)|decrypt error|access denied)/,
    'it refuses our client certificate',
  ],
  [
    /wrong version number|packet length too long/,
    'it does not speak TLS; is it grpc:// instead of grpcs://?',
  ],
];

function explainUnavailable(place: ProblemPlace, details: string): RemoteProblem {
  const { display, scheme } = place.endpoint;
  const said = lastError(details);
  const ofProxy = explainProxy(place, said);
  if (ofProxy !== undefined) return { kind: 'proxy', text: ofProxy };
  const meaning = scheme === 'grpcs' ? TLS_MEANINGS.find(([pattern]) => pattern.test(said))?.[1] : undefined;
  if (meaning !== undefined) return { kind: 'tls', text: `${display} is there, but ${meaning}` };
  if (/ECONNREFUSED|ENOENT|Connection refused|No such file/.test(said))
    return { kind: 'absent', text: `nobody listens at ${display}` };
  if (/Name resolution failed|ENOTFOUND/.test(said)) {
    return { kind: 'absent', text: `the host of ${display} has no address` };
  }
  if (/EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/.test(said)) {
    return { kind: 'absent', text: `there is no way to ${display} (${said})` };
  }
  if (/Failed to connect|ECONNRESET|disconnected before secure TLS/.test(said))
    return { kind: 'tls', text: hangUp(place) };
  const reason = /^(?:undefined|null)?$/.test(said) ? '' : `: ${said}`;
  return { kind: 'absent', text: `${display} is unavailable${reason}` };
}

/** gRPC tells why it does not get through a proxy in its log alone, and gives `undefined` for the reason. */
function explainProxy({ endpoint, route }: ProblemPlace, said: string): string | undefined {
  if (route?.kind !== 'proxy') return undefined;
  const proxy = `the proxy ${route.address} of \`${route.variable}\``;
  if (/Name resolution failed|ENOTFOUND/.test(said))
    return `${proxy} has no address, so that ${endpoint.display} cannot be reached`;
  if (said !== 'undefined') return undefined;
  const why =
    lastSaid(/^Failed to connect to (?:proxy \S+|\S+ through proxy \S+) with (.*)/) ?? 'it does not say why';
  const meaning = PROXY_ERRORS.find(([pattern]) => pattern.test(why))?.[1] ?? why;
  return `${proxy} does not let us through to ${endpoint.display}: ${meaning}`;
}

const PROXY_ERRORS: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nobody listens there'],
  [/socket hang up|ECONNRESET/, 'it hangs up'],
  [/Parse Error/, 'it does not speak HTTP'],
  [/^status 407/, 'it asks for a user and password that it accepts (407)'],
  [/^status 403/, 'it does not allow it (403)'],
  [/^status 50[234]/, 'it cannot reach it either'],
];

/** What went wrong with the connection, out of all that grpc-js says with it. */
function lastError(details: string): string {
  const said = /Last error: ([^]*?)\.? Resolution note:/.exec(details)?.[1] ?? details;
  return said.replace(/ \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/, '');
}

/** A server that ends the connection before a word of gRPC has most often another idea of TLS. */
function hangUp({ endpoint: { display, scheme } }: ProblemPlace): string {
  const guess =
    scheme === 'grpcs'
      ? 'does it refuse our client certificate, or ask for one (`remote-client-cert`)?'
      : 'does it speak TLS (grpcs://)?';
  return `${display} hangs up on us: ${scheme === 'unix' ? 'it is no gRPC server' : guess}`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_SAYING ? `${line.slice(0, LONGEST_SAYING - 1)}…` : line;
}
