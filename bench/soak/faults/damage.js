import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where each thing lies. */
const THINGS = {
  blob: ({ cache }) => filesBelow(join(cache, 'casd/cas/objects')),
  result: ({ cache }) => filesBelow(join(cache, 'casd/actioncache/objects')),
  memory: ({ cache }) => filesBelow(join(cache, 'memory')),
  state: ({ cache }) => [...filesBelow(join(cache, 'run')), ...filesBelow(join(cache, 'kept'))],
  usage: ({ cache }) => filesBelow(join(cache, 'casd/cas'), (path) => /disk_usage$/.test(path)),
  kept: ({ kept }) => filesBelow(kept),
  'remote blob': ({ remote }) => filesBelow(join(remote, 'storage/cas/objects')),
  'remote result': ({ remote }) => filesBelow(join(remote, 'storage/actioncache/objects')),
};

/** The protocol has no checksum of a remote's entry: one that says something else cannot be told from a right one. */
const BELIEVED = ['remote result'];
const OBVIOUS = { overwrite: 'delete', flip: 'empty' };

const DAMAGES = {
  /** Of the same size, as a disk that lost a block has it. */
  overwrite: (path, { size }) => writeAt(path, 0, Buffer.alloc(Math.min(size, 4096), 'x')),
  flip: (path, { size, at }) => {
    const place = Math.floor(at * size);
    const byte = readFileSync(path)[place] ?? 0;
    writeAt(path, place, Buffer.from([byte ^ (1 << Math.floor(at * 8))]));
  },
  truncate: (path, { size, at }) => truncateSync(path, Math.floor(at * size)),
  empty: (path) => truncateSync(path),
  delete: (path) => rmSync(path),
  unreadable: (path) => chmodSync(path, 0),
  folder: (path) => {
    rmSync(path);
    mkdirSync(path);
    writeFileSync(join(path, 'inside'), 'x');
  },
};

/** Damages one file, as a disk, a crash or a careless cleaner does. @returns its path, if there was one */
export async function damage({ thing, how, after, share, at }, { place }) {
  await sleep(after);
  const files = THINGS[thing](place).sort();
  const path = files[Math.floor(share * files.length)];
  if (path === undefined) return undefined;
  const done = BELIEVED.includes(thing) ? (OBVIOUS[how] ?? how) : how;
  try {
    const { size, mode } = lstatSync(path);
    chmodSync(path, mode | 0o200);
    DAMAGES[done](path, { size, at });
    return relative(place.root, path);
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOSPC') return undefined;
    throw error;
  }
}

function writeAt(path, position, bytes) {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

function filesBelow(folder, matches = () => true) {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path, matches);
      return entry.isFile() && matches(path) ? [path] : [];
    });
  } catch {
    return []; // There is none, or it has just been removed.
  }
}
