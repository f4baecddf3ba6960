import { isHeaderText } from '../../config/header-lines.js';
import { Fault, messageOf } from '../../errors.js';
import type { Machine } from '../../machine.js';
import { withTimeLimit } from '../../async/time-limit.js';
import { bearer } from './fixed.js';
import type { CredentialSource } from './source.js';

const DEADLINE = 5000;

/** GitHub's identity token of the job, made for one audience: a bearer token that lives for some minutes. */
export function githubIdentity(audience: string, machine: Machine): CredentialSource {
  const description = `GitHub's identity token for ${audience}`;
  return {
    description,
    renewable: true,
    get: async (signal) => {
      const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } =
        machine.environment;
      if (!address || !token) {
        throw new Fault(`${description} cannot be had: the job may not ask for one`, {
          remedy: 'Give the job `permissions: id-token: write`. Pull requests from forks never have it.',
        });
      }
      // What `fetch` says of an address or a header that it does not take repeats it.
      if (!URL.canParse(address) || !isHeaderText(token)) {
        throw new Fault(`${description} cannot be had: what the job has to ask for one is not usable`);
      }
      const value = await requestToken(address, token, audience, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        // What `fetch` throws says only that it failed; its cause says why.
        const why = (error as { readonly cause?: unknown }).cause ?? error;
        throw new Fault(`${description} cannot be had: ${messageOf(why)}`);
      });
      return bearer(value, expiryOf(value));
    },
  };
}

async function requestToken(
  address: string,
  token: string,
  audience: string,
  signal: AbortSignal,
): Promise<string> {
  const url = new URL(address);
  url.searchParams.set('audience', audience);
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    signal: withTimeLimit(signal, DEADLINE),
    redirect: 'error',
  });
  if (!response.ok) throw new Error(`GitHub answered ${response.status}`);
  const value = valueIn(await response.text());
  // A header that cannot be sent would end the process, with the token in what it says last.
  if (typeof value !== 'string' || !isHeaderText(value)) throw new Error('GitHub answered without one');
  return value;
}

/** What JSON.parse says of a text that is none repeats its beginning. */
function valueIn(answer: string): unknown {
  try {
    return (JSON.parse(answer) as { readonly value?: unknown } | null)?.value;
  } catch {
    return undefined;
  }
}

/**
 * When a JSON Web Token expires (RFC 7519, `exp`: seconds since 1970), in milliseconds; null where it does not say.
 * Its signature is for the server to check.
 */
export function expiryOf(token: string): number | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const exp = (claims as { readonly exp?: unknown } | null)?.exp;
    return typeof exp === 'number' ? exp * 1000 : null;
  } catch {
    return null;
  }
}
