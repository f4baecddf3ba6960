import type { Endpoint } from '../config/endpoint.js';
import { DIRECT, type Route, routeTo } from '../process/proxy.js';
import type { Secrets } from './secrets.js';

/** The way to an endpoint. What stays on this machine goes through no proxy, whatever the variables say. */
export function routeOf(
  { scheme, target, local }: Endpoint,
  environment: Readonly<Record<string, string>>,
): Route {
  if (scheme === 'unix' || local) return DIRECT;
  const [, host = '', port] = /^dns:\[?([^\]]*)\]?:(\d+)$/.exec(target) ?? [];
  return routeTo(host, Number(port), environment);
}

export function keepProxySecret(route: Route, secrets: Secrets): void {
  if (route.kind !== 'proxy' || route.login === undefined) return;
  const { user, password } = route.login;
  secrets.add(password);
  secrets.add(encodeURIComponent(password));
  secrets.add(Buffer.from(`${user}:${password}`).toString('base64'));
}
