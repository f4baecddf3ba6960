import type { BuildBoxSource } from '../../config/config.js';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findInstalled, type InstallCheck, type Installed } from './install.js';
import type { BuildBox } from '../source.js';

/**
 * Where a tool is kept, in the style of the runner's tool cache: tool, version, architecture.
 *
 * @param kind what tells installs of one version apart: where it came from.
 */
export function installFolder(toolFolder: string, tool: string, version: string, kind: string): string {
  return join(toolFolder, tool, version, `${process.arch}-${kind}`);
}

/** The folders that may hold such an install, newest version first. */
export async function installedFolders(
  toolFolder: string,
  tool: string,
  kind: string,
): Promise<readonly string[]> {
  const versions = await readdir(join(toolFolder, tool)).catch(() => []);
  return versions
    .filter((version) => /^\d/.test(version))
    .sort((one, other) => compareVersions(other, one))
    .map((version) => installFolder(toolFolder, tool, version, kind));
}

/** The BuildBox in that folder, if a complete one of that version (undefined: of any) is there. */
export async function findBuildBox(
  folder: string,
  source: BuildBoxSource,
  version: string | undefined,
  check: InstallCheck,
): Promise<BuildBox | undefined> {
  const installed = await findInstalled(folder, check);
  const isWhole = ['bin/buildbox-casd', 'bin/buildbox-run'].every((name) => installed?.files.includes(name));
  if (installed === undefined || !isWhole) return undefined;
  const found = toBuildBox(installed, source);
  return version === undefined || found.version === version ? found : undefined;
}

/** The three programs of an install: `bin/buildbox-casd`, `bin/buildbox-run` and, where it is, `bin/buildbox-fuse`. */
export function toBuildBox(installed: Installed, source: BuildBoxSource): BuildBox {
  const program = (name: string) => join(installed.folder, 'bin', name);
  return {
    version: installed.tool,
    source,
    casd: program('buildbox-casd'),
    run: program('buildbox-run'),
    fuse: installed.files.includes('bin/buildbox-fuse') ? program('buildbox-fuse') : undefined,
  };
}

/** Orders versions by their numbers, as `1.4.9` before `1.4.25`. */
export function compareVersions(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
