import type { Login } from '../../config/endpoint.js';
import type { Credentials } from './source.js';

/** A bearer token (RFC 6750, section 2.1). */
export function bearer(token: string, expires: number | null = null): Credentials {
  return { headers: { authorization: `Bearer ${token}` }, expires };
}

/** User and password (RFC 7617, section 2). */
export function basic({ user, password }: Login): Credentials {
  const encoded = Buffer.from(`${user}:${password}`).toString('base64');
  return { headers: { authorization: `Basic ${encoded}` }, expires: null };
}
