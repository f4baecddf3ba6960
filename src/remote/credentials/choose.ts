import type { Endpoint } from '../../config/endpoint.js';
import type { LoginSettings } from '../../config/remote.js';
import type { Machine } from '../../machine.js';
import { addHeaders, type Secrets } from '../secrets.js';
import { basic, bearer } from './fixed.js';
import { credentialHelper } from './helper.js';
import { githubIdentity } from './oidc.js';
import type { Credentials, CredentialSource } from './source.js';

/**
 * What sends credentials to one endpoint; undefined where none are configured. Whatever it gives is kept secret, and
 * what the settings hold is secret from now on.
 */
export function chooseCredentials(
  endpoint: Endpoint,
  login: LoginSettings,
  machine: Machine,
  secrets: Secrets,
): CredentialSource | undefined {
  addHeaders(secrets, login.headers);
  const source = mainSource(endpoint, login, machine, secrets);
  const hasHeaders = Object.keys(login.headers).length > 0;
  if (source === undefined && !hasHeaders) return undefined;
  const main = source ?? fixed('the headers of `remote-headers`', { headers: {}, expires: null }, secrets);
  return {
    ...main,
    get: async (signal) => {
      const { headers, expires } = await main.get(signal);
      addHeaders(secrets, headers);
      return { headers: { ...login.headers, ...headers }, expires };
    },
  };
}

function mainSource(
  endpoint: Endpoint,
  login: LoginSettings,
  machine: Machine,
  secrets: Secrets,
): CredentialSource | undefined {
  if (endpoint.login !== null) {
    secrets.add(endpoint.login.password);
    return fixed('user and password of the address', basic(endpoint.login), secrets);
  }
  if (login.token !== undefined) return fixed('the token of `remote-token`', bearer(login.token), secrets);
  if (login.helper !== undefined) {
    return credentialHelper(login.helper, helperUri(endpoint), { machine, secrets });
  }
  return login.oidcAudience === undefined ? undefined : githubIdentity(login.oidcAudience, machine);
}

function fixed(description: string, credentials: Credentials, secrets: Secrets): CredentialSource {
  addHeaders(secrets, credentials.headers);
  return { description, renewable: false, get: () => Promise.resolve(credentials) };
}

/** Helpers are asked for addresses of the web, as Bazel asks them, without the standard port. */
function helperUri({ scheme, display, target }: Endpoint): string {
  if (scheme === 'unix') return target;
  const address = display.replace(/^grpcs?:\/\//, '');
  return scheme === 'grpcs'
    ? `https://${address.replace(/:443$/, '')}/`
    : `http://${address.replace(/:80$/, '')}/`;
}
