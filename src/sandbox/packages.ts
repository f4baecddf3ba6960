import { createHash } from 'node:crypto';
import { Fault } from '../errors.js';
import type { DigestMemory } from '../memory/digest-memory.js';
import { runCommand } from '../process/command.js';
import { compareUtf8 } from '../reapi/order.js';
import { contentOf, entriesOf, locate, statusOf, type HostTree } from './host-tree.js';
import { parseApk, parseDpkg, parsePacman, parseRpm, type Package } from './package-lists.js';
import { recallWatched, rememberWatched, Watch } from './watched.js';

/** Packages that this action needs on the host and that no build uses: with or without them it is one toolchain. */
const OF_THE_SANDBOX = /^(bubblewrap|fuse3(-libs|-openrc)?|fuse3?-common|libfuse3-\d+|buildbox(-.*)?)$/;

const NO_PACKAGES = 'none';

/** How long `rpm` may take, in milliseconds. */
const RPM_DEADLINE = 60_000;

export interface PackagesRequest {
  readonly tree: HostTree;
  readonly memory: DigestMemory;
  /** Names of packages that do not count, without architecture. */
  readonly ownPackages: readonly string[];
  readonly signal: AbortSignal;
}

interface Manager {
  readonly name: string;
  /** The file or folder whose status changes with every installed package. */
  readonly database: string;
  list(request: PackagesRequest): Promise<Package[]> | Package[];
}

const MANAGERS: readonly Manager[] = [
  {
    name: 'dpkg',
    database: '/var/lib/dpkg/status',
    list: ({ tree }) => parseDpkg(textOf(tree, '/var/lib/dpkg/status')),
  },
  ...['/usr/lib/apk/db/installed', '/lib/apk/db/installed'].map((database) => ({
    name: 'apk',
    database,
    list: ({ tree }: PackagesRequest) => parseApk(textOf(tree, database)),
  })),
  {
    name: 'pacman',
    database: '/var/lib/pacman/local',
    list: ({ tree }) =>
      parsePacman((entriesOf(tree, '/var/lib/pacman/local') ?? []).map((entry) => entry.name)),
  },
  ...['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((folder) =>
    ['rpmdb.sqlite', 'Packages.db', 'Packages'].map((file) => ({
      name: 'rpm',
      database: `${folder}/${file}`,
      list: askRpm,
    })),
  ),
];

/**
 * The installed packages in one line, such as `dpkg 512 packages HASH`: those of the first package manager that has
 * any, since a distribution can carry the tools of another one. Undefined when there is none of dpkg, apk, pacman
 * and rpm.
 *
 * @throws Fault when rpm cannot be asked.
 */
export async function packagesIdentity(request: PackagesRequest): Promise<string | undefined> {
  for (const manager of MANAGERS) {
    const summary = await summaryOf(manager, request);
    if (summary !== NO_PACKAGES) return summary;
  }
  return undefined;
}

/** One line about what a manager has installed, or `NO_PACKAGES`. */
async function summaryOf(manager: Manager, request: PackagesRequest): Promise<string> {
  const { tree, memory, ownPackages } = request;
  if (statusOf(tree, manager.database) === undefined) return NO_PACKAGES;
  const name = [manager.database, 'without', ...ownPackages].join(' ');
  const known = recallWatched(memory, tree, name);
  if (known !== undefined) return known;
  const watch = new Watch(tree);
  watch.status(manager.database);
  const packages = await manager.list(request);
  const summary = packages.length === 0 ? NO_PACKAGES : summarize(manager.name, packages, ownPackages);
  rememberWatched(memory, tree, name, watch, summary);
  return summary;
}

/** Whether a package counts: every one but those of the sandbox itself and those this action installed. */
export function isOfTheToolchain(name: string, ownPackages: readonly string[]): boolean {
  return !OF_THE_SANDBOX.test(name) && !ownPackages.includes(name);
}

function summarize(manager: string, packages: readonly Package[], ownPackages: readonly string[]): string {
  const lines = packages
    .filter((entry) => isOfTheToolchain(entry.name, ownPackages))
    .map((entry) => `${entry.name}:${entry.architecture}=${entry.version}`)
    .sort(compareUtf8);
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
  return `${manager} ${lines.length} packages ${hash}`;
}

async function askRpm({ tree, signal }: PackagesRequest): Promise<Package[]> {
  const format = '%{NAME} %{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\\n';
  if (statusOf(tree, '/usr/bin/rpm') === undefined) return [];
  const argv = [locate(tree, '/usr/bin/rpm'), '-qa', '--queryformat', format];
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const result = await runCommand(argv, { signal, deadline: RPM_DEADLINE, environment });
  if (result.exitCode !== 0) {
    throw new Fault('rpm could not list the installed packages, which are part of the toolchain', {
      log: result.stderr,
      remedy:
        'Run "rpm -qa" and repair the database ("rpm --rebuilddb"), or build in another root file system.',
    });
  }
  return parseRpm(result.stdout.toString());
}

function textOf(tree: HostTree, path: string): string {
  return contentOf(tree, path)?.toString() ?? '';
}
