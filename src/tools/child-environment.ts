import type { Machine } from '../machine.js';
import { ownHome, ownSearchPath, ownVariables } from '../process/own-programs.js';

/**
 * What pip, apt-get and a package manager need of the user's settings: which Python a version manager has chosen, where
 * to fetch from, proxies, certificates. A job's tokens (`ACTIONS_*`, `GITHUB_TOKEN`, `INPUT_*`) are not here, so an
 * installer never holds them; nor is what makes a program run other code than its own (`PYTHONPATH`, `LD_PRELOAD`).
 */
const NAMES: ReadonlySet<string> = new Set([
  'LANG',
  'LOGNAME',
  'TERM',
  'USER',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'PYENV_VERSION',
  'PYTHON_KEYRING_BACKEND',
]);

/** pip's options by which an index is reached; the others would change what it does, or by which Python. */
const OF_PIP: ReadonlySet<string> = new Set([
  'PIP_CERT',
  'PIP_CLIENT_CERT',
  'PIP_DEFAULT_TIMEOUT',
  'PIP_EXTRA_INDEX_URL',
  'PIP_FIND_LINKS',
  'PIP_INDEX_URL',
  'PIP_KEYRING_PROVIDER',
  'PIP_NO_CACHE_DIR',
  'PIP_NO_INDEX',
  'PIP_PROXY',
  'PIP_RESUME_RETRIES',
  'PIP_RETRIES',
  'PIP_TIMEOUT',
  'PIP_TRUSTED_HOST',
  'PIP_USE_DEPRECATED',
  'PIP_USE_FEATURE',
]);

/** Where settings, caches and libraries are: of each what lies outside of the checkout. */
const PLACES = [
  'LD_LIBRARY_PATH',
  'NETRC',
  'PIP_CACHE_DIR',
  'PIP_CONFIG_FILE',
  'PYENV_ROOT',
  'VIRTUAL_ENV',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_DIRS',
  'XDG_CONFIG_HOME',
];

/** The proxies, in both spellings. They may hold a password, so they travel by environment and never in argv. */
export const PROXY_NAMES: readonly string[] = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap(
  (name) => [name, name.toUpperCase()],
);

/**
 * The environment of an installer.
 *
 * @param temporary an absolute folder that is removed afterwards; what a killed installer leaves behind goes with it.
 */
export function installerEnvironment(machine: Machine, temporary: string): Readonly<Record<string, string>> {
  return { ...userSettings(machine), TMPDIR: temporary };
}

/** The environment of the system's package manager, which works for root and asks nothing. */
export function packageManagerEnvironment(machine: Machine): Readonly<Record<string, string>> {
  const path = [ownSearchPath(machine), '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
  return { ...userSettings(machine), PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
}

function userSettings(machine: Machine): Readonly<Record<string, string>> {
  const allowed = Object.entries(machine.environment).filter(
    ([name]) => NAMES.has(name) || OF_PIP.has(name) || PROXY_NAMES.includes(name),
  );
  return { ...Object.fromEntries(allowed), ...ownVariables(machine, PLACES), ...plainEnvironment(machine) };
}

/** The environment of a tool that is only asked something: what to find, and the language to answer in. */
export function plainEnvironment(machine: Machine): Readonly<Record<string, string>> {
  return { PATH: ownSearchPath(machine), HOME: ownHome(machine), LC_ALL: 'C' };
}
