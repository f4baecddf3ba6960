import type { BuildBoxConfig } from '../../config/config.js';
import { chmod, mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault, messageOf } from '../../errors.js';
import { runCommand } from '../../process/command.js';
import { findProgram } from '../../process/own-programs.js';
import { plainEnvironment, PROXY_NAMES } from '../child-environment.js';
import { download } from './download.js';
import { completeInstall, withUnfinished } from './install.js';
import { findBuildBox, installedFolders, installFolder, toBuildBox } from './layout.js';
import { programVersion } from './program-version.js';
import type { BuildBox, Declined, Source, ToolContext } from '../source.js';
import { WrongHash } from './wrong-hash.js';

/** The archive of upstream's releases: static binaries for x86_64, published without a checksum. */
const RELEASES = 'https://gitlab.com/BuildGrid/buildbox/buildbox-integration/-/releases';
const ARCHIVE = 'buildbox-x86_64-linux-gnu.tgz';
const TAR_DEADLINE = 120_000;

/** An upstream release, or any archive of the same programs, pinned by the user. */
export const fromRelease: Source = { name: 'release', find, install };

interface Pinned {
  readonly url: string;
  readonly sha256: string;
}

/** The archive that a request is about, or why there is none. */
export function chooseRelease(request: BuildBoxConfig, arch: string): Pinned | Declined {
  if (request.sha256 === undefined) {
    return { declined: 'upstream publishes no checksum, so it needs one from you in buildbox-sha256' };
  }
  const sha256 = request.sha256.toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    return { declined: `buildbox-sha256 is ${JSON.stringify(request.sha256)} and not 64 hexadecimal digits` };
  }
  if (request.url !== undefined) return { url: request.url, sha256 };
  if (arch !== 'x64')
    return {
      declined: `upstream's archive is for x86_64, and this machine is ${arch}; name another in buildbox-url`,
    };
  const release = request.version ?? 'permalink/latest';
  return { url: `${RELEASES}/${release}/downloads/${ARCHIVE}`, sha256 };
}

async function find(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined> {
  const release = chooseRelease(request, process.arch);
  if ('declined' in release) return release;
  for (const folder of await installedFolders(context.toolFolder, 'buildbox', folderName(release.sha256))) {
    const found = await findBuildBox(folder, 'release', request.version, context);
    if (found !== undefined) return found;
  }
  return { declined: 'it is not installed yet' };
}

/** Two archives may hold the same version, so the folder says which one it was. */
function folderName(sha256: string): string {
  return `release-${sha256.slice(0, 16)}`;
}

async function install(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined> {
  const release = chooseRelease(request, process.arch);
  if ('declined' in release) return release;
  return withUnfinished(context.toolFolder, async (unfinished) => {
    context.log.phase('fetching the BuildBox release');
    const archive = join(unfinished, 'archive');
    await fetchArchive(release, archive, context);
    const made = await unpack(archive, unfinished, context);
    const version = await programVersion(join(made, 'bin/buildbox-casd'), context);
    if (request.version !== undefined && request.version !== version) {
      return { declined: `the archive holds BuildBox ${version}, not ${request.version}` };
    }
    const target = installFolder(context.toolFolder, 'buildbox', version, folderName(release.sha256));
    const about = { tool: version, origin: release.sha256 };
    return toBuildBox(await completeInstall(made, target, about, context), 'release');
  });
}

async function fetchArchive({ url, sha256 }: Pinned, archive: string, context: ToolContext): Promise<void> {
  try {
    await download(url, archive, sha256, context.signal);
  } catch (error) {
    context.signal.throwIfAborted();
    const { environment } = context.machine;
    const proxied = PROXY_NAMES.some((name) => environment[name] !== undefined);
    if (error instanceof WrongHash || !proxied || environment.NODE_USE_ENV_PROXY === '1') throw error;
    const hint = 'A proxy is set up here; Node 24 uses it where NODE_USE_ENV_PROXY is 1.';
    throw new Fault(`${messageOf(error)}. ${hint}`, { cause: error });
  }
}

/** Each program is written by us from tar's standard output: nothing that the archive says decides where a file goes. */
async function unpack(archive: string, unfinished: string, context: ToolContext): Promise<string> {
  const made = join(unfinished, 'made');
  await mkdir(join(made, 'bin'), { recursive: true });
  const tar = findProgram('tar', context.machine);
  if (tar === undefined) throw new Fault('the archive cannot be unpacked: no tar on PATH');
  const list = await runTar([tar, '-tvf', archive], context);
  const members = programsIn(list);
  for (const [name, member] of members) {
    const target = join(made, 'bin', name);
    await runTar(
      ['/bin/sh', '-c', 'exec "$1" -xOf "$2" -- "$3" >"$4"', 'sh', tar, archive, member, target],
      context,
    );
    await chmod(target, 0o755);
  }
  if (members.has('buildbox-run-bubblewrap')) {
    await rename(join(made, 'bin/buildbox-run-bubblewrap'), join(made, 'bin/buildbox-run'));
  } else if (!members.has('buildbox-run')) throw new Fault('the archive has no buildbox-run-bubblewrap');
  if (!members.has('buildbox-casd')) throw new Fault('the archive has no buildbox-casd');
  return made;
}

async function runTar(argv: readonly string[], context: ToolContext): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv, {
    signal: context.signal,
    deadline: TAR_DEADLINE,
    environment: plainEnvironment(context.machine),
  });
  if (exitCode !== 0)
    throw new Fault(`the archive cannot be unpacked: tar ended with ${exitCode}: ${stderr.trim()}`);
  return stdout.toString();
}

const PROGRAMS = ['buildbox-casd', 'buildbox-run-bubblewrap', 'buildbox-run', 'buildbox-fuse'];

/** The programs among the regular files of `tar -tv`'s list: program → name in the archive. */
export function programsIn(list: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of list.split('\n')) {
    const member = /^-.*\s(\S+)$/.exec(line)?.[1];
    if (member !== undefined && PROGRAMS.includes(basename(member))) found.set(basename(member), member);
  }
  return found;
}
