import { join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import { nearestExisting } from '../files/nearest.js';
import type { Machine } from '../machine.js';
import type { CacheConfig, PackPlace } from './config.js';
import { given, type RawInputs } from './given.js';
import { refuseForeign, refuseHolder, refuseLinked } from './own-folder.js';
import { parseDuration, parseSize } from './values.js';

/** GitHub keeps keys of up to 512 characters; a key of ours is hashed, but it has to be told in one line. */
const LONGEST_KEY = 512;

/** Of the inputs, what says where results are kept, here and between runs; all that `casd` and `cache` need. */
export function readCache(raw: RawInputs, machine: Machine): CacheConfig {
  return {
    directory: readDirectory(given(raw, 'cache-dir'), machine),
    quota: parseSize('cache-quota', given(raw, 'cache-quota')),
    packs: readPlace(raw, machine),
    key: readKey(given(raw, 'cache-key'), machine),
    maxAge: parseDuration('cache-max-age', given(raw, 'cache-max-age')),
    timeLimit: parseDuration('cache-time-limit', given(raw, 'cache-time-limit')),
  };
}

function readDirectory(value: string, machine: Machine): string {
  const path = value === '' ? join(machine.userCache, 'buildbox-action') : resolve(machine.workspace, value);
  const named = { input: 'cache-dir', value: value || path, path };
  refuseFile(named.value, refuseSystemFolder('cache-dir', named.value, path));
  refuseLinked(machine, named);
  refuseHolder(machine, named);
  refuseForeign(machine, named);
  return path;
}

function refuseFile(value: string, folder: string): void {
  if (nearestExisting(folder).isFolder) return;
  throw new InputError('cache-dir', value, 'There is a file. Name a folder, or one that is yet to be made.');
}

/** Making a folder below /proc never ends in Node, and none of these keeps anything. */
function refuseSystemFolder(input: string, value: string, folder: string): string {
  if (!/^\/(proc|sys|dev)(\/|$)/.test(folder)) return folder;
  throw new InputError(input, value, 'Name a folder on a disk.');
}

function readPlace(raw: RawInputs, machine: Machine): PackPlace {
  const value = given(raw, 'cache');
  const hasRemote = given(raw, 'remote') !== '' || given(raw, 'remote-action-cache') !== '';
  const onGitHub = machine.environment.GITHUB_ACTIONS === 'true';
  switch (value) {
    case 'auto':
      return { kind: !hasRemote && onGitHub ? 'github' : 'none', explicit: false };
    case 'none':
      return { kind: 'none', explicit: true };
    case 'github':
      return { kind: 'github', explicit: true };
    case 'remote':
      if (hasRemote) return { kind: 'none', explicit: true };
      throw new InputError('cache', value, 'Name the endpoint with `remote`, or choose another `cache`.');
    default:
      return readFolder(value, machine);
  }
}

function readFolder(value: string, machine: Machine): PackPlace {
  const path = /^folder:(.+)$/s.exec(value)?.[1];
  if (path === undefined) {
    throw new InputError('cache', value, 'Legal values: auto, remote, github, folder:PATH, none.');
  }
  const folder = refuseSystemFolder('cache', value, resolve(machine.workspace, path));
  refuseLinked(machine, { input: 'cache', value, path: folder });
  return { kind: 'folder', path: folder };
}

function readKey(value: string, { environment }: Machine): string {
  if (value.length > LONGEST_KEY || /[\n\r]/.test(value)) {
    throw new InputError('cache-key', value, `Give one line of at most ${LONGEST_KEY} characters.`);
  }
  if (value !== '') return value;
  const { GITHUB_WORKFLOW, GITHUB_JOB } = environment;
  return [GITHUB_WORKFLOW, GITHUB_JOB].filter((part) => part !== undefined).join(' / ') || 'default';
}
