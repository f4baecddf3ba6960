import type { Machine } from '../machine.js';

/**
 * What pip, apt-get and a package manager need of the user's settings: where things are, proxies, certificates, and
 * which Python a version manager has chosen. A job's tokens (`ACTIONS_*`, `GITHUB_TOKEN`, `INPUT_*`) are not here,
 * so an installer never holds them.
 */
const NAMES: ReadonlySet<string> = new Set([
  'LANG',
  'LOGNAME',
  'TERM',
  'USER',
  'XDG_CACHE_HOME',
  'XDG_CONFIG_DIRS',
  'XDG_CONFIG_HOME',
  'CURL_CA_BUNDLE',
  'REQUESTS_CA_BUNDLE',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'NETRC',
  'LD_LIBRARY_PATH',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'PYTHONHOME',
  'PYTHONPATH',
  'PYTHON_KEYRING_BACKEND',
  'VIRTUAL_ENV',
]);

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
  const path = [...machine.path, '/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(':');
  return { ...userSettings(machine), PATH: path, DEBIAN_FRONTEND: 'noninteractive' };
}

function userSettings(machine: Machine): Readonly<Record<string, string>> {
  const allowed = Object.entries(machine.environment).filter(
    ([name]) => NAMES.has(name) || PROXY_NAMES.includes(name) || name.startsWith('PIP_'),
  );
  return { ...Object.fromEntries(allowed), ...plainEnvironment(machine) };
}

/** The environment of a tool that is only asked something: what to find, and the language to answer in. */
export function plainEnvironment(machine: Machine): Readonly<Record<string, string>> {
  return { PATH: machine.path.join(':'), HOME: machine.home, LC_ALL: 'C' };
}
