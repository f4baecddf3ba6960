import { lstatSync } from 'node:fs';
import { join } from 'node:path';

/** Where a user tells package managers and git where to fetch from, relative to the home folder. */
const OF_USER = [
  '.npmrc',
  '.yarnrc',
  '.yarnrc.yml',
  '.config/pip/pip.conf',
  '.pip/pip.conf',
  '.m2/settings.xml',
  '.gradle/gradle.properties',
  '.gradle/init.gradle',
  '.cargo/config.toml',
  '.config/go/env',
  '.gemrc',
  '.bundle/config',
  '.condarc',
  '.nuget/NuGet/NuGet.Config',
  '.gitconfig',
];
const VARIABLES = [
  '(https?|all)_proxy',
  'pip_(extra_)?index_url',
  'uv_(default_index|(extra_)?index(_url)?)',
  'npm_config_registry',
  'yarn_(registry|npm_registry_server)',
  'goproxy',
  'cargo_(registries|source)_\\w+',
  'rustup_dist_server',
];
const NAMES = new RegExp(`^(${VARIABLES.join('|')})$`, 'i');

/** The settings of this user that no build gets, as a user writes their paths. */
export function settingsOfUser(home: string): readonly string[] {
  return OF_USER.filter((name) => isFile(join(home, name))).map((name) => `~/${name}`);
}

/** The variables that name a proxy or a mirror, which the job has and the build does not get. */
export function variablesOutside(
  job: Readonly<Record<string, string>>,
  build: Readonly<Record<string, string>>,
): readonly string[] {
  const lower = new Set(Object.keys(build).map((name) => name.toLowerCase()));
  return Object.keys(job).filter(
    (name) => NAMES.test(name) && job[name] !== '' && !lower.has(name.toLowerCase()),
  );
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
}
