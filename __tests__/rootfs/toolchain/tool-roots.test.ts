import { describe, expect, test } from '@jest/globals';
import { mayBeShown, toolRootOf, type Surroundings } from '../../../src/rootfs/toolchain/tool-roots.js';

const AROUND: Surroundings = {
  workspace: '/home/runner/work/project/project',
  home: '/home/runner',
  temporary: '/home/runner/work/_temp',
  userCache: '/home/runner/.cache',
  toolCache: '/opt/hostedtoolcache',
  excluded: ['/srv/buildbox-cache'],
};

const PREFIX = ['bin', 'lib', 'share'];

describe('the folder that a folder of PATH needs', () => {
  test.each<[path: string, siblings: string[], root: string | undefined]>([
    // The tool cache: name, version, architecture.
    ['/opt/hostedtoolcache/node/22.1.0/x64/bin', ['bin'], '/opt/hostedtoolcache/node/22.1.0/x64'],
    ['/opt/hostedtoolcache/Python/3.12.1/x64', ['x64'], '/opt/hostedtoolcache/Python/3.12.1/x64'],
    ['/opt/hostedtoolcache/CodeQL/2.1/x64/codeql/tools', [], '/opt/hostedtoolcache/CodeQL/2.1/x64'],
    ['/opt/hostedtoolcache/odd', ['odd'], '/opt/hostedtoolcache/odd'],
    // A tool with a folder of its own.
    ['/home/runner/.nvm/versions/node/v22.1.0/bin', PREFIX, '/home/runner/.nvm/versions/node/v22.1.0'],
    ['/home/runner/.pyenv/shims', ['bin', 'libexec', 'shims'], '/home/runner/.pyenv'],
    ['/home/runner/.pyenv/bin', ['bin', 'libexec', 'shims'], '/home/runner/.pyenv'],
    ['/home/runner/.asdf/shims', ['installs', 'shims'], '/home/runner/.asdf'],
    ['/home/runner/.local/share/mise/shims', ['shims'], '/home/runner/.local/share/mise'],
    [
      '/home/runner/.sdkman/candidates/java/21-tem/bin',
      PREFIX,
      '/home/runner/.sdkman/candidates/java/21-tem',
    ],
    ['/home/runner/sdk/go1.24/bin', ['bin', 'lib', 'pkg', 'src'], '/home/runner/sdk/go1.24'],
    ['/home/linuxbrew/.linuxbrew/bin', PREFIX, '/home/linuxbrew/.linuxbrew'],
    ['/opt/gradle/bin', ['bin', 'lib'], '/opt/gradle'],
    ['/cross/bin', ['bin', 'lib'], '/cross'],
    // A folder of programs that stands for itself.
    ['/home/runner/go/bin', ['bin', 'pkg', 'src'], '/home/runner/go/bin'],
    ['/home/runner/.cargo/bin', ['bin', 'registry', 'lib'], '/home/runner/.cargo/bin'],
    ['/home/runner/.local/bin', PREFIX, '/home/runner/.local/bin'],
    ['/home/runner/bin', PREFIX, '/home/runner/bin'],
    ['/home/runner/.dotnet', ['.dotnet', 'lib'], '/home/runner/.dotnet'],
    ['/opt/bin', ['bin', 'lib'], '/opt/bin'],
    ['/opt/pipx_bin', ['pipx', 'pipx_bin'], '/opt/pipx_bin'],
    ['/usr/local/bin', PREFIX, '/usr/local/bin'],
    // Beside credentials, whatever else stands there.
    ['/srv/rust/cargo/bin', ['bin', 'credentials.toml', 'lib'], '/srv/rust/cargo/bin'],
    ['/home/runner/.cabal/bin', ['bin', 'config', 'share'], '/home/runner/.cabal/bin'],
    ['/srv/app/bin', ['.ssh', 'bin', 'lib'], '/srv/app/bin'],
    ['/srv/app/bin', ['bin', 'lib', 'server.key'], '/srv/app/bin'],
    ['/home/other/bin', ['.netrc', 'bin', 'lib'], '/home/other/bin'],
    // Nix names what it keeps after its content, and everything there needs the rest.
    ['/nix/store/abc-profile/bin', ['bin', 'lib'], '/nix/store'],
    // Nothing that may be shown.
    ['/home/runner', PREFIX, undefined],
    ['/home', PREFIX, undefined],
    ['/', PREFIX, undefined],
    ['/opt', PREFIX, undefined],
    ['/tmp/tool/bin', PREFIX, undefined],
    ['/var/tmp/tool/bin', PREFIX, undefined],
    ['/run/user/1000/fnm/bin', PREFIX, undefined],
    ['/snap/bin', PREFIX, undefined],
    ['/mnt/c/Windows/system32', [], undefined],
    ['/home/runner/work/_temp/tool/bin', PREFIX, undefined],
    ['/home/runner/work/project', PREFIX, undefined],
    ['/workspace/bin', PREFIX, undefined],
    ['/srv/buildbox-cache/bin', PREFIX, undefined],
    ['/opt/a:b/bin', [], undefined],
  ])('%s beside %j: %s', (path, siblings, root) => {
    expect(toolRootOf({ path, siblings: () => siblings }, AROUND)).toBe(root);
  });

  test('a checkout, a cache or a home folder below the tool keeps it from being shown', () => {
    const around = { ...AROUND, workspace: '/srv/ci/checkout', userCache: '/opt/tool/cache' };
    expect(toolRootOf({ path: '/srv/ci/bin', siblings: () => PREFIX }, around)).toBe('/srv/ci/bin');
    expect(toolRootOf({ path: '/opt/tool/bin', siblings: () => PREFIX }, around)).toBe('/opt/tool/bin');
    expect(mayBeShown('/srv/ci', around)).toBe(false);
  });

  test('a tool cache is shown even where other things would not last', () => {
    const around = { ...AROUND, toolCache: '/home/runner/work/_temp/tools' };
    const path = '/home/runner/work/_temp/tools/go/1.24.0/x64/bin';
    expect(toolRootOf({ path, siblings: () => PREFIX }, around)).toBe(
      '/home/runner/work/_temp/tools/go/1.24.0/x64',
    );
  });

  test('a tool cache below /tmp is not: the sandbox has its own /tmp', () => {
    const around = { ...AROUND, toolCache: '/tmp/tools' };
    const path = '/tmp/tools/go/1.24.0/x64/bin';
    expect(toolRootOf({ path, siblings: () => PREFIX }, around)).toBeUndefined();
  });
});
