import { createHash } from 'node:crypto';
import { Fault } from '../../errors.js';
import type { DigestCache } from '../../digests/digest-cache.js';
import { runCommand, type CommandResult } from '../../process/command.js';
import { compareUtf8 } from '../../reapi/order.js';
import { parseApkFiles } from './apk-files.js';
import { DPKG_INFO, dpkgFiles, withContents } from './dpkg-files.js';
import { contentOf, locate, statusOf, type HostTree } from '../host-tree.js';
import { OwnedFiles, type PackageFiles } from './owned-files.js';
import { parseApk, parseDpkg, parseRpm, type Package } from './package-lists.js';
import { PACMAN_LOCAL, pacmanFiles, pacmanPackages } from './pacman-files.js';
import { parseRpmFiles, RPM_FILES } from './rpm-files.js';
import { recallWatched, rememberWatched, Watch } from '../toolchain/watched.js';

/** Packages that this action needs on the host and that no build uses: with or without them it is one toolchain. */
const OF_THE_SANDBOX = /^(bubblewrap|fuse3(-libs|-openrc)?|fuse3?-common|libfuse3-\d+|buildbox(-.*)?)$/;

const NO_PACKAGES = 'none';

/** How long `rpm` may take, in milliseconds. */
const RPM_DEADLINE = 60_000;

export interface PackagesRequest {
  readonly tree: HostTree;
  readonly memory: DigestCache;
  /** Names of packages that do not count, without architecture. */
  readonly ownPackages: readonly string[];
  readonly signal: AbortSignal;
}

interface Manager {
  readonly name: string;
  /** Files or folders whose status changes with every installed package; there is a manager where the first is. */
  readonly databases: readonly [string, ...string[]];
  list(request: PackagesRequest): Promise<Package[]> | Package[];
  files(request: PackagesRequest): Promise<PackageFiles[]> | PackageFiles[];
}

const MANAGERS: readonly Manager[] = [
  {
    name: 'dpkg',
    databases: ['/var/lib/dpkg/status', DPKG_INFO, '/var/lib/dpkg/diversions'],
    list: ({ tree }) => withContents(tree, parseDpkg(textOf(tree, '/var/lib/dpkg/status'))),
    files: ({ tree }) => dpkgFiles(tree),
  },
  ...['/usr/lib/apk/db/installed', '/lib/apk/db/installed'].map((database): Manager => ({
    name: 'apk',
    databases: [database],
    list: ({ tree }) => parseApk(textOf(tree, database)),
    files: ({ tree }) => parseApkFiles(textOf(tree, database)),
  })),
  {
    name: 'pacman',
    databases: [PACMAN_LOCAL],
    list: ({ tree }) => pacmanPackages(tree),
    files: ({ tree }) => pacmanFiles(tree),
  },
  ...['/usr/lib/sysimage/rpm', '/var/lib/rpm'].flatMap((folder) =>
    ['rpmdb.sqlite', 'Packages.db', 'Packages'].map((file): Manager => ({
      name: 'rpm',
      databases: [`${folder}/${file}`],
      list: async (request) => parseRpm(await askRpm(request, await rpmFormat(request))),
      files: async (request) => parseRpmFiles(await askRpm(request, RPM_FILES)),
    })),
  ),
];

/** What a machine's package manager has installed. */
export interface Packages {
  /** One line, such as `dpkg 512 packages HASH`. */
  readonly identity: string;
  /** What is watched to know that all of it is as it was. */
  readonly databases: readonly string[];
  /** Which files are of a package. Takes a while, and is asked for only where something changed. */
  files(): Promise<OwnedFiles>;
}

/**
 * The packages of the first package manager that has any, since a distribution can carry the tools of another one.
 * Undefined when there is none of dpkg, apk, pacman and rpm.
 *
 * @throws Fault when rpm cannot be asked.
 */
export async function packagesOf(request: PackagesRequest): Promise<Packages | undefined> {
  for (const manager of MANAGERS) {
    const identity = await summaryOf(manager, request);
    if (identity !== NO_PACKAGES) return described(manager, identity, request);
  }
  return undefined;
}

function described(manager: Manager, identity: string, request: PackagesRequest): Packages {
  let files: Promise<OwnedFiles> | undefined;
  const read = async () => {
    const counts = (name: string) => isOfTheToolchain(name, request.ownPackages);
    return new OwnedFiles(request.tree, await manager.files(request), counts);
  };
  return { identity, databases: manager.databases, files: () => (files ??= read()) };
}

/** One line about what a manager has installed, or `NO_PACKAGES`. */
async function summaryOf(manager: Manager, request: PackagesRequest): Promise<string> {
  const { tree, memory, ownPackages } = request;
  if (statusOf(tree, manager.databases[0]) === undefined) return NO_PACKAGES;
  const name = [manager.databases[0], 'without', ...ownPackages].join(' ');
  const known = recallWatched(memory, tree, name);
  if (known !== undefined) return known;
  const watch = new Watch(tree);
  for (const database of manager.databases) watch.status(database);
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
    .map((entry) => [`${entry.name}:${entry.architecture}=${entry.version}`, entry.contents ?? ''].join(' '))
    .sort(compareUtf8);
  const hash = createHash('sha256').update(lines.join('\n')).digest('hex');
  return `${manager} ${lines.length} packages ${hash}`;
}

/** How rpm is asked for its packages. What names the content of one has changed with rpm's versions. */
async function rpmFormat({ tree, signal }: PackagesRequest): Promise<string> {
  const format = '%{NAME} %{ARCH} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}';
  const known = await runRpm(tree, ['--querytags'], signal);
  const tags = known?.stdout.toString().split('\n') ?? [];
  const tag = ['SHA256HEADER', 'SHA1HEADER', 'SIGMD5'].find((name) => tags.includes(name));
  return `${format}${tag === undefined ? '' : ` %{${tag}}`}\\n`;
}

async function askRpm({ tree, signal }: PackagesRequest, format: string): Promise<string> {
  const result = await runRpm(tree, ['-qa', '--queryformat', format], signal);
  if (result === undefined) return '';
  if (result.exitCode !== 0) {
    throw new Fault('rpm could not list the installed packages, which are part of the toolchain', {
      log: result.stderr,
      remedy:
        'Run "rpm -qa" and repair the database ("rpm --rebuilddb"), or build in another root file system.',
    });
  }
  return result.stdout.toString();
}

/** Undefined where there is no rpm: another distribution's folder may have been left behind. */
function runRpm(
  tree: HostTree,
  words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> | undefined {
  if (statusOf(tree, '/usr/bin/rpm') === undefined) return undefined;
  const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  return runCommand([locate(tree, '/usr/bin/rpm'), ...words], {
    signal,
    deadline: RPM_DEADLINE,
    environment,
  });
}

function textOf(tree: HostTree, path: string): string {
  return contentOf(tree, path)?.toString() ?? '';
}
