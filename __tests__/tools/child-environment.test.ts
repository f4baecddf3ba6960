import { describe, expect, test } from '@jest/globals';
import {
  installerEnvironment,
  packageManagerEnvironment,
  plainEnvironment,
} from '../../src/tools/child-environment.js';
import { makeContext } from './support.js';

const { machine } = makeContext('/home/someone', {
  workspace: '/checkout',
  path: ['/checkout/bin', '.', '/usr/bin', '/bin'],
  environment: {
    PATH: '/elsewhere',
    PIP_INDEX_URL: 'https://index.example/simple',
    PIP_CERT: '/etc/ssl/own.pem',
    https_proxy: 'http://proxy.example:3128',
    NO_PROXY: 'localhost',
    SSL_CERT_FILE: '/etc/ssl/own.pem',
    REQUESTS_CA_BUNDLE: '/etc/ssl/own.pem',
    PYENV_VERSION: '3.12',
    PYENV_ROOT: '/opt/pyenv',
    LD_LIBRARY_PATH: '/checkout/lib::lib:/opt/python/lib',
    PIP_CONFIG_FILE: '/checkout/pip.conf',
    XDG_CONFIG_HOME: 'relative',
    PYTHONPATH: '/checkout/evil',
    PYTHONHOME: '/checkout/evil',
    PIP_PYTHON: '/checkout/evil',
    LD_PRELOAD: '/checkout/evil',
    BASH_ENV: '/checkout/evil',
    ACTIONS_RUNTIME_TOKEN: 'secret',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
    GITHUB_TOKEN: 'secret',
    'INPUT_REMOTE-TOKEN': 'secret',
    AWS_SECRET_ACCESS_KEY: 'secret',
    RUNNER_TRACKING_ID: 'x',
  },
});

describe('the environment of installers', () => {
  test.each([
    ['pip', installerEnvironment(machine, '/scratch')],
    ['the package manager', packageManagerEnvironment(machine)],
  ])('%s gets the settings of the user and no secret', (_, environment) => {
    expect(environment).toMatchObject({
      HOME: '/home/someone',
      PIP_INDEX_URL: 'https://index.example/simple',
      PIP_CERT: '/etc/ssl/own.pem',
      https_proxy: 'http://proxy.example:3128',
      NO_PROXY: 'localhost',
      SSL_CERT_FILE: '/etc/ssl/own.pem',
      REQUESTS_CA_BUNDLE: '/etc/ssl/own.pem',
      PYENV_VERSION: '3.12',
    });
    expect(Object.values(environment)).not.toContain('secret');
    expect(environment).toMatchObject({ PYENV_ROOT: '/opt/pyenv', LD_LIBRARY_PATH: '/opt/python/lib' });
    expect(JSON.stringify(environment)).not.toMatch(/checkout|relative/);
    expect(environment).not.toHaveProperty('RUNNER_TRACKING_ID');
  });

  test("an installer's temporary files go where they are removed", () => {
    expect(installerEnvironment(machine, '/scratch')).toMatchObject({
      TMPDIR: '/scratch',
      PATH: '/usr/bin:/bin',
    });
  });

  test('a package manager finds the programs of root and asks nothing', () => {
    const { PATH, DEBIAN_FRONTEND } = packageManagerEnvironment(machine);
    expect(PATH?.split(':')).toContain('/usr/sbin');
    expect(DEBIAN_FRONTEND).toBe('noninteractive');
  });

  test('a question needs nothing but PATH, HOME and a language', () => {
    expect(plainEnvironment(machine)).toEqual({ PATH: '/usr/bin:/bin', HOME: '/home/someone', LC_ALL: 'C' });
  });
});
