import { expect, test } from '@jest/globals';
import { rustupHomeOf, toolVariables } from '../../../src/rootfs/toolchain/tool-variables.js';

const SHOWN = ['/usr', '/home/runner/.pyenv', '/opt/hostedtoolcache/Python/3.12/x64'];

test.each<[environment: Record<string, string>, expected: Record<string, string>]>([
  [{}, { PYENV_ROOT: '/home/runner/.pyenv' }],
  [
    { JAVA_HOME: '/usr/lib/jvm/21', PYENV_ROOT: '/home/runner/.pyenv' },
    { JAVA_HOME: '/usr/lib/jvm/21', PYENV_ROOT: '/home/runner/.pyenv' },
  ],
  [{ JAVA_HOME: '/home/runner/jdk', GOROOT: 'usr/go' }, { PYENV_ROOT: '/home/runner/.pyenv' }],
  [{ PYENV_ROOT: '/somewhere' }, { PYENV_ROOT: '/home/runner/.pyenv' }],
  [
    { LD_LIBRARY_PATH: '/opt/hostedtoolcache/Python/3.12/x64/lib:/home/runner/lib::lib' },
    { LD_LIBRARY_PATH: '/opt/hostedtoolcache/Python/3.12/x64/lib', PYENV_ROOT: '/home/runner/.pyenv' },
  ],
  [{ GITHUB_TOKEN: '/usr', HOME: '/usr', PATH: '/usr/bin' }, { PYENV_ROOT: '/home/runner/.pyenv' }],
])('%j gives %j', (environment, expected) => {
  const isShown = (path: string) => SHOWN.some((folder) => path === folder || path.startsWith(`${folder}/`));
  expect(toolVariables({ environment, roots: SHOWN.slice(1), rustupHome: undefined, isShown })).toEqual(
    expected,
  );
});

test('rustup has a home where it is', () => {
  const request = { environment: {}, roots: [], isShown: () => false };
  expect(toolVariables({ ...request, rustupHome: '/home/runner/.rustup' })).toEqual({
    RUSTUP_HOME: '/home/runner/.rustup',
  });
  expect(rustupHomeOf({}, '/home/runner')).toBe('/home/runner/.rustup');
  expect(rustupHomeOf({ RUSTUP_HOME: '/opt/rustup' }, '/home/runner')).toBe('/opt/rustup');
  expect(rustupHomeOf({ RUSTUP_HOME: 'rustup' }, '/home/runner')).toBe('/home/runner/.rustup');
});
