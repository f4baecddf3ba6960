import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { FakeMachine } from './fake-machine.js';

const USUAL = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

/** The folders shown besides /usr and /etc. */
async function tools(path: string[], environment: Record<string, string> = {}): Promise<string[]> {
  const { binds } = await machine.rootfs({ path, environment });
  return binds.map((bind) => bind.target).filter((target) => target !== '/usr' && !target.startsWith('/etc'));
}

async function program(path: string): Promise<void> {
  await machine.write(path, 'program', 0o755);
}

test('what a merged /usr has as links stays links', async () => {
  const { binds, links } = await machine.rootfs();
  expect(links).toEqual([
    { path: '/bin', target: 'usr/bin' },
    { path: '/etc/os-release', target: '../usr/lib/os-release' },
    { path: '/lib', target: 'usr/lib' },
    { path: '/lib64', target: 'usr/lib64' },
    { path: '/sbin', target: 'usr/sbin' },
  ]);
  expect(binds.map((bind) => bind.target)).toEqual([
    '/etc/ssl/certs',
    '/opt/hostedtoolcache/node/22.1.0/x64',
    '/usr',
  ]);
});

test('what is not merged is mounted by itself', async () => {
  await machine.remove('/bin');
  await machine.remove('/lib');
  await program('/bin/sh');
  await machine.write('/lib/libc.so', 'x');
  const { binds, links } = await machine.rootfs();
  expect(binds.map((bind) => bind.target)).toEqual(expect.arrayContaining(['/bin', '/lib', '/usr']));
  expect(links.map((link) => link.path)).toEqual(['/etc/os-release', '/lib64', '/sbin']);
});

describe('PATH inside', () => {
  test('keeps the order, each folder once, and ends with the usual ones that exist', async () => {
    const { path } = await machine.rootfs({
      path: ['/usr/bin', '/opt/hostedtoolcache/node/22.1.0/x64/bin/', '/usr/bin', '/usr/local/bin/../bin'],
    });
    expect(path).toEqual([
      '/usr/bin',
      '/opt/hostedtoolcache/node/22.1.0/x64/bin',
      '/usr/local/bin',
      '/usr/local/sbin',
      '/usr/sbin',
      '/sbin',
      '/bin',
    ]);
  });

  test('leaves out what does not exist or may not be shown', async () => {
    await program('/tmp/tool/bin/x');
    await program('/home/runner/work/_temp/bin/x');
    await program('/home/runner/x');
    const { path } = await machine.rootfs({
      path: [
        '',
        '/nowhere',
        '/tmp/tool/bin',
        '/home/runner/work/_temp/bin',
        '/home/runner',
        '/',
        '/usr/bin/sh',
        '../x',
      ],
    });
    expect(path).toEqual(USUAL);
  });

  test('has the folders of the checkout where the checkout is inside', async () => {
    await machine.link('/home/runner/linked', 'work/project/project/tools');
    await machine.folder('/home/runner/work/project/project/tools');
    const { path } = await machine.rootfs({
      path: ['node_modules/.bin', '/home/runner/work/project/project/scripts', '.', '/home/runner/linked'],
    });
    expect(path).toEqual([
      '/workspace/node_modules/.bin',
      '/workspace/scripts',
      '/workspace',
      '/workspace/tools',
      ...USUAL,
    ]);
  });
});

describe('tools outside /usr', () => {
  test('nvm, go and rust in the home folder, which itself is not shown', async () => {
    await program('/home/runner/.nvm/versions/node/v22/bin/node');
    await machine.write('/home/runner/.nvm/versions/node/v22/lib/x', 'x');
    await program('/home/runner/go/bin/tool');
    await machine.folder('/home/runner/go/pkg');
    await program('/home/runner/.cargo/bin/rustup');
    await machine.link('/home/runner/.cargo/bin/cargo', 'rustup');
    await machine.write('/home/runner/.cargo/credentials.toml', 'secret');
    await program('/home/runner/.rustup/toolchains/stable/bin/cargo');
    const path = ['.nvm/versions/node/v22/bin', 'go/bin', '.cargo/bin'].map((name) => `/home/runner/${name}`);
    expect(await tools(path)).toEqual([
      '/home/runner/.cargo/bin',
      '/home/runner/.nvm/versions/node/v22',
      '/home/runner/.rustup',
      '/home/runner/go/bin',
    ]);
    expect((await machine.rootfs({ path })).environment).toEqual({ RUSTUP_HOME: '/home/runner/.rustup' });
  });

  test('a chosen RUSTUP_HOME', async () => {
    await program('/srv/rust/cargo/bin/rustup');
    await program('/srv/rust/rustup/toolchains/stable/bin/cargo');
    const shown = await tools(['/srv/rust/cargo/bin'], { RUSTUP_HOME: '/srv/rust/rustup' });
    expect(shown).toEqual(['/srv/rust/cargo/bin', '/srv/rust/rustup']);
  });

  test('a link on the way stays a link, and the version behind it counts', async () => {
    await program('/home/runner/.sdkman/candidates/java/21/bin/java');
    await program('/home/runner/.sdkman/candidates/java/22/bin/java');
    for (const version of [21, 22])
      await machine.folder(`/home/runner/.sdkman/candidates/java/${version}/lib`);
    await machine.link('/home/runner/.sdkman/candidates/java/current', '21');
    const path = ['/home/runner/.sdkman/candidates/java/current/bin'];
    const before = await machine.rootfs({ path });
    expect(before.path[0]).toBe(path[0]);
    expect(before.links).toContainEqual({
      path: '/home/runner/.sdkman/candidates/java/current',
      target: '21',
    });
    expect(before.binds.map((bind) => bind.target)).toContain('/home/runner/.sdkman/candidates/java/21');
    await machine.remove('/home/runner/.sdkman/candidates/java/current');
    await machine.link('/home/runner/.sdkman/candidates/java/current', '22');
    expect((await machine.rootfs({ path })).identity).not.toBe(before.identity);
  });

  test('a folder that is reached through a temporary link is named by its real path', async () => {
    await program('/home/runner/.local/share/fnm/node-versions/v22/installation/bin/node');
    await machine.folder('/home/runner/.local/share/fnm/node-versions/v22/installation/lib');
    await machine.link('/run/user/1000/fnm', '/home/runner/.local/share/fnm/node-versions/v22/installation');
    const { path } = await machine.rootfs({ path: ['/run/user/1000/fnm/bin'] });
    expect(path[0]).toBe('/home/runner/.local/share/fnm/node-versions/v22/installation/bin');
  });

  test('a home folder that is a link', async () => {
    await program('/var/home/user/.pyenv/shims/python3');
    await machine.folder('/var/home/user/.pyenv/versions');
    await machine.link('/home/user', '../var/home/user');
    const rootfs = await machine.rootfs({
      home: '/home/user',
      path: ['/home/user/.pyenv/shims', '/home/user'],
    });
    expect(rootfs.links).toContainEqual({ path: '/home/user', target: '../var/home/user' });
    expect(rootfs.binds.map((bind) => bind.target)).toContain('/var/home/user/.pyenv');
    expect(rootfs.path).toEqual(['/home/user/.pyenv/shims', ...USUAL]);
  });

  test("pyenv's own pip, which writes shims that are read-only inside, is not shown", async () => {
    await program('/home/runner/.pyenv/shims/pip');
    await program('/home/runner/.pyenv/pyenv.d/exec/pip-rehash/pip');
    await program('/home/runner/.pyenv/pyenv.d/exec/other');
    const { hidden } = await machine.rootfs({ path: ['/home/runner/.pyenv/shims'] });
    expect(hidden).toEqual([{ path: '/home/runner/.pyenv/pyenv.d/exec/pip-rehash', kind: 'directory' }]);
  });

  test('a link in place of a folder that the sandbox has itself', async () => {
    await machine.remove('/home');
    await program('/var/home/user/go/bin/tool');
    await machine.link('/home', 'var/home');
    const rootfs = await machine.rootfs({ home: '/home/user', path: ['/home/user/go/bin'] });
    expect(rootfs.links.map((link) => link.path)).not.toContain('/home');
    expect(rootfs.path[0]).toBe('/home/user/go/bin');
    const source = machine.at('/var/home/user/go/bin');
    for (const target of ['/home/user/go/bin', '/var/home/user/go/bin']) {
      expect(rootfs.binds).toContainEqual({ source, target, kind: 'directory' });
    }
  });

  test('what links in program folders lead to, where it is a tool or below /opt', async () => {
    await program('/opt/y/bin/x');
    await program('/opt/pipx/venvs/ansible/bin/ansible');
    await machine.write('/opt/pipx/venvs/ansible/pyvenv.cfg', 'x');
    await program('/home/runner/project/dist/run');
    await program('/home/runner/secret/bin/key-tool');
    await machine.write('/home/runner/secret/id_rsa', 'secret', 0o600);
    await machine.link('/usr/local/bin/x', '/opt/y/bin/x');
    await machine.link('/usr/local/bin/ansible', '/opt/pipx/venvs/ansible/bin/ansible');
    await machine.link('/home/runner/.local/bin/run', '../../project/dist/run');
    await machine.link('/home/runner/.local/bin/key-tool', '/home/runner/secret/bin/key-tool');
    const path = ['/home/runner/.local/bin'];
    expect(await tools(path)).toEqual(['/home/runner/.local/bin', '/opt/pipx/venvs/ansible', '/opt/y/bin']);
    const before = (await machine.rootfs({ path })).identity;
    await machine.write('/opt/pipx/venvs/ansible/lib/new.py', 'x');
    expect((await machine.rootfs({ path })).identity).not.toBe(before);
  });

  test('where a tool lies is part of the identity', async () => {
    await program('/home/a/tool/bin/x');
    await program('/home/b/tool/bin/x');
    const [a, b] = [
      await machine.rootfs({ path: ['/home/a/tool/bin'] }),
      await machine.rootfs({ path: ['/home/b/tool/bin'] }),
    ];
    expect(a.identity).not.toBe(b.identity);
  });
});

test('without a known package database the files of /usr count', async () => {
  await machine.remove('/var/lib/dpkg');
  const before = await machine.rootfs();
  expect(before.parts.packages).toMatch(/no database/);
  await machine.write('/usr/lib/libnew.so', 'x');
  expect((await machine.rootfs()).identity).not.toBe(before.identity);
});

test('parts, mounts and links are sorted', async () => {
  const { parts, binds, links } = await machine.rootfs();
  const lists = [Object.keys(parts), binds.map((bind) => bind.target), links.map((link) => link.path)];
  for (const list of lists) expect(list).toEqual([...list].sort());
});
