import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeMachine } from './fake-machine.js';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

async function shown(network: 'off' | 'on' = 'off'): Promise<string[]> {
  const { binds, links } = await machine.rootfs({ network });
  return [...binds.map((bind) => bind.target), ...links.map((link) => `${link.path} -> ${link.target}`)]
    .filter((line) => line.startsWith('/etc'))
    .sort();
}

test('only what is on the list is shown, and no private key', async () => {
  for (const name of [
    'apt/auth.conf',
    'gitconfig',
    'npmrc',
    'pip.conf',
    'ssh/ssh_host_key',
    'passwd',
    'maven/settings.xml',
  ]) {
    await machine.write(`/etc/${name}`, 'x');
  }
  for (const name of ['java-17-openjdk/net.properties', 'maven/m2.conf', 'ld.so.conf', 'pki/tls/cert.pem']) {
    await machine.write(`/etc/${name}`, 'x');
  }
  await machine.write('/etc/pki/tls/private/localhost.key', 'secret', 0o600);
  expect(await shown()).toEqual([
    '/etc/java-17-openjdk',
    '/etc/ld.so.conf',
    '/etc/maven/m2.conf',
    '/etc/os-release -> ../usr/lib/os-release',
    '/etc/pki/tls/cert.pem',
    '/etc/ssl/certs',
  ]);
});

test('a folder that holds something not meant for everybody is shown in its other parts', async () => {
  await machine.write('/etc/ssl/certs/own/key.pem', 'secret', 0o600);
  await machine.write('/etc/ssl/certs/own/certificate.pem', 'x');
  await machine.write('/etc/ssl/certs/java/cacerts', 'x');
  await machine.write('/etc/ssl/openssl.cnf', 'secret', 0o640);
  expect(await shown()).toEqual([
    '/etc/os-release -> ../usr/lib/os-release',
    '/etc/ssl/certs/ca.pem',
    '/etc/ssl/certs/java',
    '/etc/ssl/certs/own/certificate.pem',
  ]);
});

test('a link out of the system folders becomes a mount of what it leads to', async () => {
  await machine.write('/var/lib/ca-certificates/pem/ca.pem', 'x');
  await machine.remove('/etc/ssl/certs');
  await machine.link('/etc/ssl/certs', '/var/lib/ca-certificates/pem');
  await machine.link('/etc/localtime', '/usr/share/zoneinfo/nowhere');
  const certs = (await machine.rootfs()).binds.find((bind) => bind.target === '/etc/ssl/certs');
  expect(certs).toEqual({
    source: machine.at('/var/lib/ca-certificates/pem'),
    target: '/etc/ssl/certs',
    kind: 'directory',
  });
  expect(await shown()).not.toContain('/etc/localtime');
});

test('the resolver is shown only with the network, wherever it really is', async () => {
  await machine.write('/run/systemd/resolve/stub-resolv.conf', 'nameserver 127.0.0.53\n');
  await machine.link('/etc/resolv.conf', '../run/systemd/resolve/stub-resolv.conf');
  expect(await shown()).not.toContain('/etc/resolv.conf');
  const { binds } = await machine.rootfs({ network: 'on' });
  expect(binds).toContainEqual({
    source: machine.at('/run/systemd/resolve/stub-resolv.conf'),
    target: '/etc/resolv.conf',
    kind: 'file',
  });
});
