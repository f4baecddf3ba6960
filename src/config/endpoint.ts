import { isIPv6 } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { InputError } from '../errors.js';

/** A server, as an input names it. */
export interface Endpoint {
  readonly scheme: 'grpc' | 'grpcs' | 'unix';
  /** What gRPC connects to: `dns:HOST:PORT` or `unix:PATH`. */
  readonly target: string;
  /** The address as people may see it: without user and password. */
  readonly display: string;
  /** Whether what is sent stays on this machine, so that it needs no encryption. */
  readonly local: boolean;
  /** User and password from the address; null where it holds none. */
  readonly login: Login | null;
}

export interface Login {
  readonly user: string;
  readonly password: string;
}

/** The ports that gRPC's own resolvers, and so Bazel, take where none is given. */
const DEFAULT_PORTS = { grpc: 80, grpcs: 443 } as const;

const LEGAL_FORMS =
  'Give grpc://HOST[:PORT], grpcs://HOST[:PORT] (with user:password@ before the host for Basic credentials) or unix:PATH.';

/**
 * Reads the address of a server.
 *
 * @param folder absolute; what a relative socket path is relative to
 * @throws InputError, which shows no password.
 */
export function parseEndpoint(input: string, value: string, folder: string): Endpoint {
  if (value.startsWith('unix:')) return parseSocket(input, value, folder);
  const [, scheme, login, host, port, rest] =
    /^(grpcs?):\/\/(?:([^@/]*)@)?(\[[^\]@/]*\]|[^:@/[\]]+)(?::([0-9]+))?(.*)$/s.exec(value) ?? [];
  if (value.indexOf('@') !== value.lastIndexOf('@')) {
    throw wrong(input, value, `${LEGAL_FORMS} Write an @ in user or password as %40.`);
  }
  if ((scheme !== 'grpc' && scheme !== 'grpcs') || host === undefined || !isHost(host)) {
    throw wrong(input, value, LEGAL_FORMS);
  }
  if (rest !== '' && rest !== '/') {
    throw wrong(input, value, `${LEGAL_FORMS} An instance name goes into \`remote-instance\`.`);
  }
  const number = port === undefined ? DEFAULT_PORTS[scheme] : Number(port);
  if (number < 1 || number > 65_535) throw wrong(input, value, 'A port is a number from 1 to 65535.');
  const address = `${host.toLowerCase()}:${number}`;
  return {
    scheme,
    target: `dns:${address}`,
    display: `${scheme}://${address}`,
    local: isLoopback(host.toLowerCase()),
    login: login === undefined ? null : parseLogin(input, value, login),
  };
}

function parseSocket(input: string, value: string, folder: string): Endpoint {
  const path = value.slice('unix:'.length).replace(/^\/\/(?=\/)/, '');
  if (path === '' || path.startsWith('//')) throw wrong(input, value, LEGAL_FORMS);
  if (/\p{Cc}/u.test(path))
    throw wrong(input, value, 'A path with a control character is no address of gRPC.');
  const target = `unix:${isAbsolute(path) ? path : resolve(folder, path)}`;
  return { scheme: 'unix', target, display: target, local: true, login: null };
}

function parseLogin(input: string, value: string, login: string): Login {
  const [user = '', ...password] = login.split(':');
  try {
    return { user: decodeURIComponent(user), password: decodeURIComponent(password.join(':')) };
  } catch {
    throw wrong(input, value, 'Write a % in user or password as %25.');
  }
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return isIPv6(host.slice(1, -1));
  return /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9._])?$/.test(host);
}

function isLoopback(host: string): boolean {
  return (
    host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host)
  );
}

function wrong(input: string, value: string, wanted: string): InputError {
  return new InputError(input, withoutLogin(value), wanted);
}

/** A value that is no address may still hold a password: all that stands before its last `@` is hidden. */
function withoutLogin(value: string): string {
  const at = value.lastIndexOf('@');
  if (at < 0) return value;
  const scheme = /^[a-z]+:\/\//i.exec(value)?.[0] ?? '';
  return `${scheme}…${value.slice(at)}`;
}
