import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../errors.js';
import { isOfCheckout, type Surroundings } from '../process/checkouts.js';
import { type Endpoint, parseEndpoint } from './endpoint.js';
import { isHeaderText, parseHeaders } from './header-lines.js';
import { readCertificates, readPrivateKey, type TlsSettings } from './pem.js';
import { oneOf, parseDuration } from './values.js';

export const REMOTE_INPUTS = [
  'remote',
  'remote-instance',
  'remote-cas',
  'remote-action-cache',
  'remote-execution',
  'remote-asset',
  'remote-token',
  'remote-headers',
  'remote-ca',
  'remote-client-cert',
  'remote-client-key',
  'remote-credential-helper',
  'remote-oidc-audience',
  'on-unavailable',
  'latency-budget',
] as const;

export type RemoteInput = (typeof REMOTE_INPUTS)[number];

/** The services of the Remote Execution API that may live at endpoints of their own. */
export interface RemoteEndpoints {
  readonly cas: Endpoint;
  readonly actionCache: Endpoint;
  readonly execution: Endpoint | undefined;
  readonly asset: Endpoint | undefined;
}

export interface RemoteSettings {
  readonly endpoints: RemoteEndpoints;
  /** The services that an input of their own names, so that they are surely wanted. */
  readonly named: { readonly execution: boolean; readonly asset: boolean };
  readonly instance: string;
  readonly login: LoginSettings;
  readonly tls: TlsSettings;
  /** Milliseconds; a service slower than this is not good enough. */
  readonly latencyBudget: number;
  readonly onUnavailable: 'continue' | 'fail';
}

/** How we say who we are; at most one of these gives the `authorization` header. */
export interface LoginSettings {
  readonly token: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** A program that speaks Bazel's credential helper protocol: an absolute path, or a name to look for on PATH. */
  readonly helper: string | undefined;
  readonly oidcAudience: string | undefined;
}

/**
 * Reads and checks what says where the remote is and how to reach it.
 *
 * @param given the text of an input or its default; empty where it has neither
 * @returns undefined where no endpoint is named: the other inputs then have nothing to apply to
 * @throws InputError for the first input that is not usable; it never shows a secret.
 */
export function readRemote(
  given: (name: RemoteInput) => string,
  machine: Surroundings,
): RemoteSettings | undefined {
  const onUnavailable = oneOf('on-unavailable', given('on-unavailable'), ['continue', 'fail']);
  const latencyBudget = parseDuration('latency-budget', given('latency-budget'));
  const endpoints = readEndpoints(given, machine.workspace);
  if (endpoints === undefined) return undefined;
  const all = endpointsOf(endpoints);
  const login = readLogin(given, machine);
  checkOneLogin(login, all);
  return {
    endpoints,
    named: {
      execution: given('remote-execution').trim() !== '',
      asset: given('remote-asset').trim() !== '',
    },
    instance: readInstance(given('remote-instance')),
    login,
    tls: readTls(given, machine.workspace, all),
    latencyBudget,
    onUnavailable,
  };
}

function readEndpoints(given: (name: RemoteInput) => string, folder: string): RemoteEndpoints | undefined {
  const endpoint = (input: RemoteInput) => {
    const value = given(input).trim();
    return value === '' ? undefined : parseEndpoint(input, value, folder);
  };
  const shared = endpoint('remote');
  const cas = endpoint('remote-cas') ?? shared;
  const actionCache = endpoint('remote-action-cache') ?? shared;
  const execution = endpoint('remote-execution') ?? shared;
  const asset = endpoint('remote-asset') ?? shared;
  if (cas !== undefined && actionCache !== undefined) return { cas, actionCache, execution, asset };
  if ([cas, actionCache, execution, asset].every((one) => one === undefined)) return undefined;
  const missing = cas === undefined ? 'remote-cas' : 'remote-action-cache';
  throw new InputError(
    missing,
    '',
    'Name it, or an endpoint for everything with `remote`: no remote works without.',
  );
}

/** Every endpoint that is named, as often as it is. */
export function endpointsOf({ cas, actionCache, execution, asset }: RemoteEndpoints): readonly Endpoint[] {
  return [cas, actionCache, execution, asset].filter((endpoint) => endpoint !== undefined);
}

/** The words that a resource name gives a meaning of its own, so that no segment of an instance name may be one (REAPI). */
const RESERVED_SEGMENTS =
  /^(?:blobs|uploads|actions|actionResults|operations|capabilities|compressed-blobs)$/;

function readInstance(value: string): string {
  const reserved = value.split('/').find((segment) => RESERVED_SEGMENTS.test(segment));
  if (reserved !== undefined) {
    throw new InputError('remote-instance', value, `No part of an instance name may be \`${reserved}\`.`);
  }
  return value;
}

function readLogin(given: (name: RemoteInput) => string, machine: Surroundings): LoginSettings {
  const token = given('remote-token').trim();
  if (token !== '' && !isHeaderText(token)) {
    throw new InputError('remote-token', '…', 'A token is one line of printable ASCII.');
  }
  if (/^(?:bearer|basic) /i.test(token)) {
    throw new InputError('remote-token', '…', 'Give the token alone: `Bearer` is put before it.');
  }
  return {
    token: token || undefined,
    headers: parseHeaders('remote-headers', given('remote-headers')),
    helper: readHelper(given('remote-credential-helper').trim(), machine),
    oidcAudience: given('remote-oidc-audience').trim() || undefined,
  };
}

function readHelper(value: string, machine: Surroundings): string | undefined {
  if (!value.includes('/')) return value || undefined;
  const path = resolve(machine.workspace, value);
  if (!isProgram(path)) {
    throw new InputError(
      'remote-credential-helper',
      value,
      'There is no program of that name that can be run.',
    );
  }
  if (isOfCheckout(machine, path)) {
    throw new InputError(
      'remote-credential-helper',
      value,
      "It lies in the checkout, where a pull request may change it, and would run with the job's rights. Name one outside.",
    );
  }
  return path;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Two inputs that both give the `authorization` header would leave it to chance which of them the server sees. */
function checkOneLogin(login: LoginSettings, endpoints: readonly Endpoint[]): void {
  const sources = [
    ...(endpoints.some((endpoint) => endpoint.login !== null) ? ['user:password@ in an address'] : []),
    ...(login.token === undefined ? [] : ['remote-token']),
    ...('authorization' in login.headers ? ['authorization in remote-headers'] : []),
    ...(login.helper === undefined ? [] : ['remote-credential-helper']),
    ...(login.oidcAudience === undefined ? [] : ['remote-oidc-audience']),
  ];
  if (sources.length > 1) {
    throw new InputError('remote', sources.join(' and '), 'Give one way to say who you are, not several.');
  }
}

function readTls(
  given: (name: RemoteInput) => string,
  folder: string,
  endpoints: readonly Endpoint[],
): TlsSettings {
  const pem = (input: RemoteInput) => ({ input, value: given(input).trim(), folder });
  const [ca, certificate, key] = [pem('remote-ca'), pem('remote-client-cert'), pem('remote-client-key')];
  const needsTls = [ca, certificate, key].find(({ value }) => value !== '');
  if (needsTls !== undefined && !endpoints.some(({ scheme }) => scheme === 'grpcs')) {
    throw new InputError(
      needsTls.input,
      '(a certificate or key)',
      'Certificates are for grpcs:// only, and no endpoint is one.',
    );
  }
  return {
    ca: ca.value === '' ? undefined : readCertificates(ca),
    client: certificate.value === '' && key.value === '' ? undefined : readClient(certificate, key),
  };
}

function readClient(
  certificate: { input: string; value: string; folder: string },
  key: { input: string; value: string; folder: string },
) {
  const missing = [certificate, key].find(({ value }) => value === '');
  if (missing !== undefined) {
    throw new InputError(missing.input, '', 'A client certificate and its key are given together.');
  }
  const pem = readCertificates(certificate);
  return { certificate: pem, key: readPrivateKey(key, pem) };
}
