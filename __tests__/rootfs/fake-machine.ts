import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Machine } from '../../src/machine.js';
import { DigestCache } from '../../src/digests/digest-cache.js';
import { rootfsOf } from '../../src/rootfs/host-rootfs.js';
import type { Rootfs, RootfsRequest } from '../../src/rootfs/rootfs.js';

export const STATUS = ['gcc 12.2.0-14', 'make 4.3-4.1']
  .map((line) => line.split(' '))
  .map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  )
  .join('\n');

/** A folder that looks like the root of a machine with a merged /usr, dpkg and GitHub's tool cache. */
export class FakeMachine {
  private constructor(readonly root: string) {}

  static async make(): Promise<FakeMachine> {
    const machine = new FakeMachine(await mkdtemp(join(tmpdir(), 'fake-machine-')));
    for (const name of ['bin', 'lib', 'lib64', 'sbin']) {
      await mkdir(join(machine.root, 'usr', name), { recursive: true });
      await machine.link(`/${name}`, `usr/${name}`);
    }
    await machine.folder('/home/runner/work/project/project');
    await machine.folder('/home/runner/work/_temp');
    await machine.folder('/home/runner/.cache');
    await machine.folder('/usr/local/sbin');
    await machine.write('/usr/bin/sh', 'shell', 0o755);
    await machine.write('/usr/local/bin/tool', '#!/bin/sh\necho 1\n', 0o755);
    await machine.write('/usr/lib/os-release', 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n');
    await machine.link('/etc/os-release', '../usr/lib/os-release');
    await machine.write('/var/lib/dpkg/status', STATUS);
    await machine.write('/etc/ssl/certs/ca.pem', 'certificate');
    await machine.write('/etc/ssl/private/server.key', 'secret', 0o600);
    await machine.write('/etc/shadow', 'secret', 0o600);
    await machine.write('/opt/hostedtoolcache/node/22.1.0/x64/bin/node', 'program', 0o755);
    await machine.write('/opt/hostedtoolcache/node/22.1.0/x64/lib/library.js', 'library');
    await machine.write('/opt/hostedtoolcache/node/22.1.0/x64.complete', '');
    return machine;
  }

  at(path: string): string {
    return join(this.root, path);
  }

  async folder(path: string): Promise<void> {
    await mkdir(this.at(path), { recursive: true });
  }

  async write(path: string, text: string | Buffer, mode = 0o644): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true });
    await writeFile(this.at(path), text);
    await chmod(this.at(path), mode);
  }

  /** Installs files as dpkg does: with the time they were packed at, a list of them and one of their checksums. */
  async install(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    const info = `/var/lib/dpkg/info/${name}`;
    const long = new Date('2020-01-01');
    for (const [path, text] of Object.entries(files)) {
      await this.write(path, text, 0o755);
      await utimes(this.at(path), long, long);
    }
    const sum = (text: string) => createHash('md5').update(text).digest('hex');
    const sums = Object.entries(files).map(([path, text]) => `${sum(text)}  ${path.slice(1)}\n`);
    await this.write(`${info}.list`, ['/.', ...Object.keys(files), ''].join('\n'));
    await this.write(`${info}.md5sums`, sums.join(''));
  }

  async link(path: string, target: string): Promise<void> {
    await mkdir(dirname(this.at(path)), { recursive: true });
    await symlink(target, this.at(path));
  }

  remove(path = '/'): Promise<void> {
    return rm(this.at(path), { recursive: true, force: true });
  }

  async rootfs(change: Partial<Omit<RootfsRequest, 'machine'>> & Partial<Machine> = {}): Promise<Rootfs> {
    const {
      hostPaths = [],
      network = 'off',
      memory,
      ownPackages = [],
      signal = new AbortController().signal,
      excluded = [],
      ...facts
    } = change;
    return rootfsOf(
      { root: this.root },
      {
        machine: { ...MACHINE, ...facts },
        hostPaths,
        network,
        ownPackages,
        excluded,
        signal,
        memory: memory ?? (await emptyMemory()),
      },
    );
  }
}

const MACHINE: Machine = {
  workspace: '/home/runner/work/project/project',
  home: '/home/runner',
  temporary: '/home/runner/work/_temp',
  userCache: '/home/runner/.cache',
  programs: '/opt/buildbox-action/dist',
  toolCache: '/opt/hostedtoolcache',
  path: ['/opt/hostedtoolcache/node/22.1.0/x64/bin', '/usr/local/bin', '/usr/bin', '/bin'],
  image: 'ubuntu24 20260101.1',
  environment: {},
  builder: 'test',
  uid: 1001,
  gid: 1001,
};

export function emptyMemory(file = '/nonexistent/memory.json'): Promise<DigestCache> {
  return DigestCache.open(file);
}
