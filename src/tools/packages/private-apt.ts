import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../errors.js';
import { type CommandResult, runCommand } from '../../process/command.js';
import { findProgram } from '../../process/own-programs.js';
import { dumpAptConfig } from './apt-facts.js';
import { installerEnvironment } from '../child-environment.js';
import type { Repository } from './repository.js';
import { retry, type RetryPolicy } from '../../async/retry.js';
import type { ToolContext } from '../source.js';

/** Milliseconds. An index of 11 MB or a closure of 30 MB at 1 Mbit/s take 90 and 240 s. */
const APT_DEADLINE = 300_000;
const APT_RETRY: RetryPolicy = { attempts: 3, firstDelay: 1000 };

/** An apt with its own state, cache, sources and keyring, that thinks that nothing is installed. Needs no root. */
export interface PrivateApt {
  /** The version that would be installed, like `1.4.30+dfsg-1`; undefined when the repository has no such package. */
  candidate(name: string): Promise<string | undefined>;
  /** Fetches a package with all that it depends on. @returns the folder that holds the `.deb` files. */
  download(name: string): Promise<string>;
}

/**
 * Sets one up in `folder` and fetches the index, whose signature apt checks against the repository's keyring.
 *
 * @throws Fault when the index cannot be had or is not signed by that keyring.
 */
export async function openPrivateApt(
  folder: string,
  repository: Repository,
  context: ToolContext,
): Promise<PrivateApt> {
  await Promise.all(FOLDERS.map((name) => mkdir(join(folder, name), { recursive: true })));
  await writeFile(join(folder, 'status'), '');
  await writeFile(join(folder, 'private.sources'), renderSource(repository));
  const configuration = join(folder, 'apt.conf');
  const host = await dumpAptConfig(context, folder);
  await writeFile(configuration, `${downloadSettings(host)}\n${renderConfiguration(folder)}`);
  const environment = { ...installerEnvironment(context.machine, folder), APT_CONFIG: configuration };
  const run = (argv: readonly string[]) =>
    runCommand(argv, { signal: context.signal, deadline: APT_DEADLINE, environment, directory: folder });

  const what = `${repository.suite} of ${repository.uris.join(' ')}`;
  await runFetching(
    () => run(['apt-get', 'update', '-o', 'APT::Update::Error-Mode=any']),
    `the index of ${what}`,
    context,
  );
  return {
    candidate: async (name) => candidateIn((await run(['apt-cache', 'policy', name])).stdout.toString()),
    download: async (name) => {
      const argv = ['apt-get', 'install', '--yes', '--download-only', '--no-install-recommends', name];
      await runFetching(() => run(argv), `${name} from ${what}`, context);
      return join(folder, 'cache/archives');
    },
  };
}

/** Why this machine cannot have one; undefined where it can. */
export function whyNoPrivateApt({ machine }: ToolContext): string | undefined {
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    return `it is for amd64 and arm64, and this machine is ${process.arch}`;
  }
  for (const program of ['apt-get', 'apt-config', 'dpkg-deb']) {
    if (findProgram(program, machine) === undefined) return `no ${program} on PATH`;
  }
  return undefined;
}

const FOLDERS = ['state/lists/partial', 'cache/archives/partial', 'empty'];

/** Runs what fetches, again where the network is to blame. */
async function runFetching(
  run: () => Promise<CommandResult>,
  what: string,
  context: ToolContext,
): Promise<void> {
  const once = async () => {
    const { exitCode, stderr } = await run();
    if (exitCode !== 0)
      throw new Fault(`apt could not fetch ${what}: ${complaintOf(stderr)}`, { log: stderr });
  };
  await retry(APT_RETRY, context.signal, once, (error) => error instanceof Fault && isLost(error.log ?? ''));
}

/** Whether another attempt may do better: nothing else than the connection went wrong. */
export function isLost(complaint: string): boolean {
  return (
    /Could not (?:connect|resolve)|Connection (?:failed|timed out|reset)|Temporary failure|50[0234] |Unable to connect/.test(
      complaint,
    ) && !/NO_PUBKEY|BADSIG|not signed|Missing key|invalid since|expired/i.test(complaint)
  );
}

function complaintOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /^[EW]: /.test(line));
  return lines.map((line) => line.slice(3)).join(' ') || stderr.trim() || 'it gave no reason';
}

/** The version in what `apt-cache policy` prints. */
export function candidateIn(policy: string): string | undefined {
  const candidate = /^\s+Candidate: (\S+)$/m.exec(policy)?.[1];
  return candidate === '(none)' ? undefined : candidate;
}

/**
 * Of the host's settings those by which it reaches a mirror: proxies, certificates, time-outs, and whether an index
 * may be old. Never those that would let an unsigned index pass, nor its hooks and further indexes.
 */
export function downloadSettings(dump: string): string {
  const unwanted = /^Acquire::(?:Allow|IndexTargets|Languages|Changelogs|Retries|cdrom|PDiffs|GzipIndexes)/;
  return dump
    .split('\n')
    .filter((line) => line.startsWith('Acquire::') && !unwanted.test(line))
    .join('\n');
}

function renderConfiguration(folder: string): string {
  const inside = (name: string) => `"${join(folder, name)}"`;
  return `Dir::State ${inside('state')};
Dir::State::status ${inside('status')};
Dir::Cache ${inside('cache')};
Dir::Etc::main "/dev/null";
Dir::Etc::parts ${inside('empty')};
Dir::Etc::sourcelist ${inside('private.sources')};
Dir::Etc::sourceparts ${inside('empty')};
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts ${inside('empty')};
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts ${inside('empty')};
APT::Sandbox::User "root";
APT::Architecture "${DEBIAN_ARCHITECTURE}";
APT::Architectures { "${DEBIAN_ARCHITECTURE}"; };
APT::Install-Recommends "false";
Acquire::AllowInsecureRepositories "false";
Acquire::AllowWeakRepositories "false";
Acquire::AllowDowngradeToInsecureRepositories "false";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "2";
`;
}

const DEBIAN_ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';

function renderSource({ uris, suite, components, keyring }: Repository): string {
  return `Types: deb
URIs: ${uris.join(' ')}
Suites: ${suite}
Components: ${components.join(' ')}
Signed-By: ${keyring}
`;
}
