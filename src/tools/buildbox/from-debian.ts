import type { BuildBoxConfig } from '../../config/config.js';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { gatherAptFacts } from '../packages/apt-facts.js';
import { unpackPrograms } from './closure.js';
import { completeInstall, withUnfinished } from './install.js';
import { findBuildBox, installedFolders, installFolder, toBuildBox } from './layout.js';
import { openPrivateApt, whyNoPrivateApt } from '../packages/private-apt.js';
import { programVersion } from './program-version.js';
import { buildBoxRepository } from '../packages/repository.js';
import { type BuildBox, type Declined, isDeclined, type Source, type ToolContext } from '../source.js';

/** The runner by its full name: in the package `buildbox-run` is a link that may point to any. */
const PROGRAMS = ['buildbox-casd', 'buildbox-run-bubblewrap', 'buildbox-fuse'];

/** Debian's (or Ubuntu's) own package, unpacked with its libraries into the tool folder instead of installed. */
export const fromDebian: Source = { name: 'debian', find, install };

async function find(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined> {
  for (const folder of await installedFolders(context.toolFolder, 'buildbox', 'debian')) {
    const found = await findBuildBox(folder, 'debian', request.version, context);
    if (found !== undefined) return found;
  }
  return { declined: 'it is not installed yet' };
}

async function install(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined> {
  const unable = whyNoPrivateApt(context);
  if (unable !== undefined) return { declined: unable };
  return withUnfinished(context.toolFolder, async (unfinished) => {
    const repository = buildBoxRepository(await gatherAptFacts(context, unfinished));
    if (isDeclined(repository)) return repository;
    context.log.phase(`fetching BuildBox from ${repository.suite} (about 40 MB)`);
    const apt = await openPrivateApt(join(unfinished, 'apt'), repository, context);
    const candidate = await apt.candidate('buildbox');
    if (candidate === undefined) return { declined: `${repository.suite} has no package buildbox` };
    const version = upstreamVersion(candidate);
    if (request.version !== undefined && request.version !== version) {
      return { declined: `${repository.suite} has BuildBox ${version}, not ${request.version}` };
    }
    const made = await unpack(await apt.download('buildbox'), unfinished, context);
    const printed = await programVersion(join(made, 'bin/buildbox-casd'), context);
    const target = installFolder(context.toolFolder, 'buildbox', printed, 'debian');
    const about = { tool: printed, origin: `buildbox ${candidate}` };
    return toBuildBox(await completeInstall(made, target, about, context), 'debian');
  });
}

async function unpack(packages: string, unfinished: string, context: ToolContext): Promise<string> {
  const made = join(unfinished, 'made');
  await mkdir(made);
  await unpackPrograms(packages, PROGRAMS, made, context);
  await rename(join(made, 'bin/buildbox-run-bubblewrap'), join(made, 'bin/buildbox-run'));
  return made;
}

/** `1.4.30` of `1.4.30+dfsg-1+b1`. */
export function upstreamVersion(debianVersion: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)*)/.exec(debianVersion)?.[1] ?? debianVersion;
}
