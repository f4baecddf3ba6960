import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gatherAptFacts } from '../packages/apt-facts.js';
import { unpackPrograms } from '../buildbox/closure.js';
import { completeInstall, findInstalled, withUnfinished } from '../buildbox/install.js';
import { installedFolders, installFolder } from '../buildbox/layout.js';
import { openPrivateApt, whyNoPrivateApt } from '../packages/private-apt.js';
import { programVersion } from '../buildbox/program-version.js';
import { ownRepository } from '../packages/repository.js';
import { type Declined, isDeclined, type ToolContext } from '../source.js';

const TOOL = 'bubblewrap';
const KIND = 'unpacked';

/** The `bwrap` that was unpacked into the tool folder before, if it is complete. */
export async function findUnpackedBubblewrap(context: ToolContext): Promise<string | undefined> {
  for (const folder of await installedFolders(context.toolFolder, TOOL, KIND)) {
    const installed = await findInstalled(folder, context);
    if (installed?.files.includes('bin/bwrap') === true) return join(folder, 'bin/bwrap');
  }
  return undefined;
}

/**
 * Unpacks the distribution's own bubblewrap package into the tool folder. It works without root wherever user
 * namespaces are allowed.
 *
 * @returns the absolute path of `bwrap`, or why this machine cannot have it so.
 * @throws Fault when the package cannot be fetched.
 */
export async function unpackBubblewrap(context: ToolContext): Promise<string | Declined> {
  const unable = whyNoPrivateApt(context);
  if (unable !== undefined) return { declined: unable };
  return withUnfinished(context.toolFolder, async (unfinished) => {
    const repository = ownRepository(await gatherAptFacts(context, unfinished));
    if (isDeclined(repository)) return repository;
    context.log.phase(`fetching bubblewrap from ${repository.suite}`);
    const apt = await openPrivateApt(join(unfinished, 'apt'), repository, context);
    const candidate = await apt.candidate(TOOL);
    if (candidate === undefined) return { declined: `${repository.suite} has no package ${TOOL}` };
    const made = join(unfinished, 'made');
    await mkdir(made);
    await unpackPrograms(await apt.download(TOOL), ['bwrap'], made, context);
    const version = await programVersion(join(made, 'bin/bwrap'), context);
    const target = installFolder(context.toolFolder, TOOL, version, KIND);
    const about = { tool: version, origin: `${TOOL} ${candidate}` };
    const installed = await completeInstall(made, target, about, context);
    return join(installed.folder, 'bin/bwrap');
  });
}
