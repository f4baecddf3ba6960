import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../process/command.js';
import { ownVariables } from '../../process/own-programs.js';
import { type AptEntry, parseOneLineSources, parseStanzaSources } from './apt-sources.js';
import { installerEnvironment } from '../child-environment.js';
import { readOsRelease } from './os-release.js';
import type { AptFacts } from './repository.js';
import type { ToolContext } from '../source.js';

const APT_CONFIG_DEADLINE = 10_000;
const KEYRINGS = '/usr/share/keyrings';

/** Reads how apt is set up on this machine. Changes nothing and needs no root. */
export async function gatherAptFacts(context: ToolContext, temporary: string): Promise<AptFacts> {
  const [os, entries, debianKeyring, ubuntuKeyring] = await Promise.all([
    readOsRelease(),
    readEntries(context, temporary),
    firstThatExists(['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg']),
    firstThatExists(['ubuntu-archive-keyring.pgp', 'ubuntu-archive-keyring.gpg']),
  ]);
  return { os, entries, debianKeyring, ubuntuKeyring };
}

/** What apt itself says that its settings are, as `Name "value";` lines. */
export async function dumpAptConfig(context: ToolContext, temporary: string): Promise<string> {
  const { stdout } = await runCommand(['apt-config', 'dump'], {
    signal: context.signal,
    deadline: APT_CONFIG_DEADLINE,
    environment: aptEnvironment(context, temporary),
  });
  return stdout.toString();
}

/** apt's settings may be somewhere else by `APT_CONFIG`. They name programs, so never those of a checkout. */
function aptEnvironment(context: ToolContext, temporary: string): Readonly<Record<string, string>> {
  return {
    ...installerEnvironment(context.machine, temporary),
    ...ownVariables(context.machine, ['APT_CONFIG']),
  };
}

async function readEntries(context: ToolContext, temporary: string): Promise<readonly AptEntry[]> {
  const { stdout } = await runCommand(
    ['apt-config', 'shell', 'LIST', 'Dir::Etc::sourcelist/f', 'PARTS', 'Dir::Etc::sourceparts/d'],
    {
      signal: context.signal,
      deadline: APT_CONFIG_DEADLINE,
      environment: aptEnvironment(context, temporary),
    },
  );
  const value = (name: string) => new RegExp(`^${name}='(.*)'$`, 'm').exec(stdout.toString())?.[1] ?? '';
  const folder = value('PARTS');
  const names = await readdir(folder).catch(() => []);
  const files = [value('LIST'), ...names.sort().map((name) => join(folder, name))];
  return (await Promise.all(files.map(readSources))).flat();
}

async function readSources(file: string): Promise<readonly AptEntry[]> {
  const parse = file.endsWith('.sources')
    ? parseStanzaSources
    : file.endsWith('.list')
      ? parseOneLineSources
      : undefined;
  if (parse === undefined) return [];
  return parse(await readFile(file, 'utf8').catch(() => ''));
}

async function firstThatExists(names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = join(KEYRINGS, name);
    const exists = await access(file).then(
      () => true,
      () => false,
    );
    if (exists) return file;
  }
  return undefined;
}
