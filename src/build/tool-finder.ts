import { join } from 'node:path';
import type { CacheFolder } from '../casd/folder.js';
import type { BuildBoxConfig } from '../config/config.js';
import type { Host } from '../host/host.js';
import { ensureBubblewrap } from '../tools/bubblewrap.js';
import { type BuildBox, ensureBuildBox } from '../tools/buildbox.js';
import { preflight, type SandboxReadiness } from '../tools/preflight.js';
import { findSetpriv } from '../tools/setpriv.js';

export interface SandboxTools extends SandboxReadiness {
  /** buildbox-run for bubblewrap. */
  readonly runner: string;
  readonly setpriv: string | undefined;
}

/** The programs of a run, found or installed when they are first needed and only then. */
export interface ToolFinder {
  /** Where BuildBox is kept by version: the runner's tool cache, else the cache folder. */
  readonly toolFolder: string;
  buildbox(): Promise<BuildBox>;
  /** Proves that a sandbox starts here, and finds what runs builds in it. */
  sandbox(): Promise<SandboxTools>;
}

export function toolFinder(
  request: BuildBoxConfig,
  { machine, log }: Pick<Host, 'machine' | 'log'>,
  folder: CacheFolder,
  signal: AbortSignal,
): ToolFinder {
  const toolFolder =
    machine.toolCache === undefined ? folder.tools : join(machine.toolCache, 'buildbox-action');
  const context = { machine, log, signal, toolFolder };
  let found: Promise<BuildBox> | undefined;
  const buildbox = () => (found ??= ensureBuildBox(request, context));
  return {
    toolFolder,
    buildbox,
    sandbox: async () => {
      const found = await buildbox();
      const readiness = await preflight(await ensureBubblewrap(context), found, context);
      return { ...readiness, runner: found.run, setpriv: await findSetpriv(machine) };
    },
  };
}
