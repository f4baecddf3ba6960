import { isExcepted } from './no-proxy.js';

/** How a connection comes to its server. */
export type Route =
  | { readonly kind: 'direct' }
  | {
      readonly kind: 'proxy';
      /** The variable that names it. */
      readonly variable: string;
      /** `HOST:PORT`. */
      readonly address: string;
      readonly login: { readonly user: string; readonly password: string } | undefined;
    }
  /** A variable names a proxy that cannot be used, so there is a direct way or none. */
  | { readonly kind: 'unusable'; readonly variable: string; readonly why: string };

export const DIRECT: Route = { kind: 'direct' };

/** The first that is set counts, as gRPC has them; the last is what other programs take where no other is set. */
const NAMES = ['grpc_proxy', 'https_proxy', 'http_proxy', 'all_proxy'];
const EXCEPTIONS = ['no_grpc_proxy', 'no_proxy'];

type Environment = Readonly<Record<string, string>>;

/**
 * The way to a server, by the variables of the environment, in lower or upper case; it never fails, and tells nothing
 * of a user or password.
 *
 * @param host without the brackets of an IPv6 address
 */
export function routeTo(host: string, port: number, environment: Environment): Route {
  const proxy = firstSet(NAMES, environment);
  if (proxy === undefined) return DIRECT;
  const exceptions = firstSet(EXCEPTIONS, environment);
  if (exceptions !== undefined && isExcepted(exceptions.value, host, port)) return DIRECT;
  return { ...readProxy(proxy.value), variable: proxy.name };
}

function firstSet(names: readonly string[], environment: Environment) {
  for (const name of names.flatMap((one) => [one, one.toUpperCase()])) {
    const value = environment[name]?.trim() ?? '';
    if (value !== '') return { name, value };
  }
  return undefined;
}

type Unnamed<T> = T extends unknown ? Omit<T, 'variable'> : never;

function readProxy(value: string): Unnamed<Exclude<Route, { kind: 'direct' }>> {
  const address = value.includes('://') ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // The value is not told: a password is what most often keeps it from being read.
  if (url === undefined || url.hostname === '' || /[?#]|\/.*@/.test(address.replace('://', ''))) {
    const why = 'what it holds is no URL; a special character in a password is written as %XX';
    return { kind: 'unusable', why };
  }
  if (url.protocol !== 'http:') {
    return { kind: 'unusable', why: `it is a ${url.protocol}// proxy, and only http:// proxies can be used` };
  }
  return {
    kind: 'proxy',
    address: `${url.hostname}:${url.port || '80'}`,
    login: url.username === '' ? undefined : { user: decoded(url.username), password: decoded(url.password) },
  };
}

function decoded(text: string): string {
  return decodeURIComponent(wholeEscapes(text));
}

/** The same text, in which a % that begins no escape of a character stands for itself: most programs end at one. */
export function wholeEscapes(text: string): string {
  const repaired = [text, text.replace(/%(?![0-9a-f]{2})/gi, '%25'), text.replaceAll('%', '%25')];
  return repaired.find(isDecodable) ?? text;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
