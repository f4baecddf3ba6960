import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { listFolder } from './place.js';
import { mountsOf, processesOf } from './processes.js';

/**
 * What is still there once every run has ended, the daemon is stopped and a run without faults has come after them.
 *
 * @param swept the checkouts in which such a run has brought outputs
 */
export function leftovers(place, remotePid, swept) {
  return [
    ...processesOf(place.root)
      .filter(({ pid, words }) => pid !== remotePid && !words.includes(place.remote))
      .map(({ program, words }) => `the process ${program}: ${words.slice(0, 160)}`),
    ...mountsOf(place.root, Object.values(place.disks)).map((path) => `the mount ${path}`),
    ...inside(place.temporary),
    ...swept.flatMap(({ path }) => inside(path, (name) => name.startsWith('.buildbox-'))),
    ...inside(join(place.cache, 'casd/cas/staging')),
    ...inside(join(place.cache, 'run/work')),
    ...inside(join(place.cache, 'run/leases')),
    ...inside(join(place.cache, 'kept/scratch')),
    ...inside(join(place.cache, 'run'), (name, status) => status.isSocket() || name.startsWith('token-')),
  ];
}

function inside(folder, matters = () => true) {
  return listFolder(folder)
    .filter((name) => matters(name, lstatSync(join(folder, name))))
    .map((name) => join(folder, name));
}
