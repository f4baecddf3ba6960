import { expect, test } from '@jest/globals';
import { combineMounts, type Bind } from '../../src/rootfs/mounts.js';

function folder(target: string, source = target): Bind {
  return { source, target, kind: 'directory' };
}

test('what another mount shows is left out, what differs from it stays and comes later', () => {
  const different = folder('/usr/local', '/srv/local');
  const { binds } = combineMounts([
    { binds: [folder('/usr/local/go'), different, folder('/usr-more'), folder('/usr')], links: [] },
    { binds: [folder('/usr')], links: [] },
  ]);
  expect(binds).toEqual([folder('/usr'), folder('/usr-more'), different]);
});

test('a link in a mount is left out, and a mount below a link', () => {
  const inside = { path: '/usr/bin/cc', target: 'gcc' };
  const ssl = { path: '/etc/ssl', target: '../usr/ssl' };
  const { binds, links } = combineMounts([
    { binds: [folder('/usr'), folder('/etc/ssl/certs', '/srv/certs')], links: [inside, ssl, ssl] },
  ]);
  expect(binds).toEqual([folder('/usr')]);
  expect(links).toEqual([ssl]);
});
