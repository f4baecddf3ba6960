import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { mountsOf, processesOf, sendSignal } from './processes.js';
import { Workspace } from './workspace.js';

export const LANES = 4;
const DISK = 'size=16g,nr_inodes=200k';

/** Whether disks in memory can be mounted here. */
export const canMount =
  process.getuid() === 0 &&
  spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;

/**
 * The folders of one story: a cache folder, a temporary folder and the checkouts, each on a disk of its own where disks
 * can be mounted; the folder that is kept between runs; the remote's.
 */
export class Place {
  constructor(parent, { longPath, memory }) {
    this.root = realpathSync(mkdtempSync(join(parent, 'buildbox-soak-')));
    const folder = (...names) => join(this.root, ...names);
    this.disks = { cache: folder('cache'), temporary: folder('tmp'), checkouts: folder('checkouts') };
    // A socket's path may have 107 bytes: in a cache folder with a longer one it goes to the temporary folder.
    this.cache = longPath ? folder('cache', 'with-a-long-name'.repeat(6)) : folder('cache');
    this.temporary = this.disks.temporary;
    this.kept = folder('kept');
    this.remote = folder('remote');
    this.home = folder('home');
    this.said = folder('said');
    for (const path of [...Object.values(this.disks), this.kept, this.remote, this.home, this.said])
      mkdirSync(path);
    this.#mount();
    if (memory !== undefined) cpSync(memory, join(this.cache, 'memory'), { recursive: true });
    this.lanes = Array.from({ length: LANES }, (_, n) => new Workspace(folder('checkouts', `lane-${n}`)));
  }

  /** Has the cache folder as a new machine has it, which has only looked at its toolchain. Nothing may run. */
  forget() {
    for (const name of listFolder(this.cache)) {
      if (name !== 'memory') rmSync(join(this.cache, name), { recursive: true, force: true });
    }
  }

  /** Ends and removes all that is left of the story. */
  remove() {
    for (const { pid } of processesOf(this.root)) sendSignal(pid, 'SIGKILL');
    for (const path of mountsOf(this.root, []).reverse()) spawnSync('umount', ['-l', path]);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 5 });
  }

  #mount() {
    if (!canMount) return;
    for (const path of Object.values(this.disks)) {
      execFileSync('mount', ['-t', 'tmpfs', '-o', DISK, 'tmpfs', path]);
    }
  }
}

/** The names in a folder; none where there is no folder. */
export function listFolder(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
