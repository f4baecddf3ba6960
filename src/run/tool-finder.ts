import { join } from 'node:path';
import type { CacheFolder } from '../local/folder.js';
import type { BuildBoxConfig, SandboxConfig } from '../config/config.js';
import { Fault } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Machine } from '../machine.js';
import { isOfCheckout } from '../process/checkouts.js';
import { ownHome } from '../process/own-programs.js';
import type { BuildBox } from '../tools/buildbox/buildbox.js';
import type { SandboxPrograms } from '../sandbox/runner.js';
import { toolHashes } from './tool-hashes.js';

export interface SandboxTools extends SandboxPrograms {
  /** Why inputs cannot be mounted, as one line; null where they can. Finding out may take a mount of its own. */
  findFuseObstacle(): Promise<string | null>;
}

/** The programs of a run, found or installed when they are first needed and only then. */
export interface ToolFinder {
  /** What we installed on this machine is told here. */
  readonly toolFolder: string;
  /** Where our tools may lie, which are no part of the toolchain. */
  readonly folders: readonly string[];
  buildbox(): Promise<BuildBox>;
  /** Proves that a sandbox starts here, and finds what runs builds in it. */
  sandbox(): Promise<SandboxTools>;
}

export interface ToolRequest {
  readonly buildbox: BuildBoxConfig;
  readonly fixHost: SandboxConfig['fixHost'];
}

/** Programs find one another by PATH, which can name no folder with a colon. */
function isSearchable(folder: string): boolean {
  return !folder.includes(':');
}

/** A program in a checkout is whoever's; only one whose hash is known here may lie there. */
function outsideOfCheckouts(folder: string, machine: Machine): string {
  const own = [folder, join(machine.userCache, 'buildbox-action', 'tools')].find(
    (candidate) => isSearchable(candidate) && !isOfCheckout(machine, candidate),
  );
  return own ?? join(ownHome(machine), '.cache', 'buildbox-action', 'tools');
}

export function toolFinder(
  { buildbox: request, fixHost }: ToolRequest,
  { machine, log }: Pick<Host, 'machine' | 'log'>,
  folder: CacheFolder,
  signal: AbortSignal,
): ToolFinder {
  const wanted = machine.toolCache === undefined ? folder.tools : join(machine.toolCache, 'buildbox-action');
  const toolFolder = outsideOfCheckouts(wanted, machine);
  const pinnedFolder = isSearchable(wanted) ? wanted : toolFolder;
  const hashes = toolHashes(toolFolder, signal);
  const context = { machine, log, signal, toolFolder, pinnedFolder, hashOf: hashes.hashOf };
  let found: Promise<BuildBox> | undefined;
  const find = async () => {
    const { ensureBuildBox } = await import(/* webpackChunkName: "later" */ '../tools/buildbox/buildbox.js');
    if (!isSearchable(toolFolder)) {
      throw new Fault(`no program can be kept in ${toolFolder}: PATH names no folder with a colon in it`, {
        remedy: 'Set RUNNER_TOOL_CACHE, or HOME, to a folder without one.',
      });
    }
    const buildbox = await ensureBuildBox(request, context);
    await hashes.save();
    return buildbox;
  };
  const buildbox = () => (found ??= find());
  return {
    toolFolder,
    folders: [toolFolder, pinnedFolder],
    buildbox,
    sandbox: async () => {
      const found = await buildbox();
      const { ensureBubblewrap } = await import(
        /* webpackChunkName: "later" */ '../tools/sandbox/bubblewrap.js'
      );
      const { findFuseObstacle } = await import(/* webpackChunkName: "later" */ '../tools/sandbox/fuse.js');
      const { preflight } = await import(/* webpackChunkName: "later" */ '../tools/sandbox/preflight.js');
      const { plainSignals } = await import(/* webpackChunkName: "later" */ '../tools/plain-signals.js');
      const { findUtilLinux } = await import(/* webpackChunkName: "later" */ '../tools/util-linux.js');
      const bubblewrap = await ensureBubblewrap(context);
      const readiness = await preflight({ bubblewrap, fixHost }, context);
      const [setpriv, prlimit, starter] = await Promise.all([
        findUtilLinux('setpriv', machine),
        findUtilLinux('prlimit', machine),
        plainSignals(machine, signal),
      ]);
      return {
        ...{ ...readiness, runner: found.run, setpriv, prlimit, starter },
        findFuseObstacle: () => findFuseObstacle(found.fuse !== undefined, folder.work, context),
      };
    },
  };
}
