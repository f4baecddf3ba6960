import type { BuildBoxConfig } from '../../config/config.js';
import { realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { runCommand } from '../../process/command.js';
import { plainEnvironment } from '../child-environment.js';
import { findProgram } from '../../process/own-programs.js';
import { programVersion } from './program-version.js';
import type { BuildBox, Declined, Source, ToolContext } from '../source.js';

const CAPABILITIES_DEADLINE = 10_000;

/** The BuildBox that is on PATH already. */
export const fromPath: Source = { name: 'path', find, install: undefined };

async function find(request: BuildBoxConfig, context: ToolContext): Promise<BuildBox | Declined> {
  const casd = findProgram('buildbox-casd', context.machine);
  if (casd === undefined) return { declined: 'no buildbox-casd on PATH' };
  const [version, run, fuse] = await Promise.all([
    programVersion(casd, context),
    findRunner(context),
    findFuse(context),
  ]);
  if (request.version !== undefined && request.version !== version) {
    return { declined: `${casd} is version ${version}, not ${request.version}` };
  }
  if (run === undefined)
    return { declined: `${casd} is there, but no bubblewrap runner (buildbox-run-bubblewrap) on PATH` };
  if (fuse !== undefined && fuse.version !== version) {
    context.log.warn(
      `${fuse.program} is version ${fuse.version} and ${casd} is ${version}: the first is not used`,
    );
  }
  return { version, source: 'path', casd, run, fuse: fuse?.version === version ? fuse.program : undefined };
}

/** `buildbox-run` may be a link to any runner, so the one that names its sandbox is preferred. */
async function findRunner(context: ToolContext): Promise<string | undefined> {
  const named = findProgram('buildbox-run-bubblewrap', context.machine);
  if (named !== undefined) return named;
  const runner = findProgram('buildbox-run', context.machine);
  if (runner === undefined) return undefined;
  if (basename(await realpath(runner)) === 'buildbox-run-bubblewrap') return runner;
  const { stdout, stderr } = await runCommand([runner, '--capabilities'], {
    signal: context.signal,
    deadline: CAPABILITIES_DEADLINE,
    environment: plainEnvironment(context.machine),
  });
  return isBubblewrapRunner(stdout.toString(), stderr) ? runner : undefined;
}

/**
 * Only the bubblewrap runner can bind folders of the host into its sandbox. Where bubblewrap is not on PATH yet, it
 * answers no question and says that it looked for it.
 */
export function isBubblewrapRunner(capabilities: string, complaint: string): boolean {
  return /^bind-mount$/m.test(capabilities) || complaint.includes('find bubblewrap');
}

async function findFuse(context: ToolContext): Promise<{ program: string; version: string } | undefined> {
  const program = findProgram('buildbox-fuse', context.machine);
  return program === undefined ? undefined : { program, version: await programVersion(program, context) };
}
