import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { writeWhole } from '../../files/write-whole.js';

const schema = v.object({ version: v.literal(1), packages: v.array(v.string()) });

/**
 * The packages that installing our own tools brought to this machine, sorted. The identity of the toolchain leaves
 * them out, so that a machine where they had to be installed gives the same digest as one where they were there.
 *
 * @returns an empty list where nothing was installed or the record cannot be read.
 */
export async function readHostPackages(toolFolder: string): Promise<readonly string[]> {
  try {
    return v.parse(schema, JSON.parse(await readFile(fileOf(toolFolder), 'utf8'))).packages;
  } catch {
    return [];
  }
}

/** Adds names to the record, in one step for those who read it. */
export async function addHostPackages(toolFolder: string, added: readonly string[]): Promise<void> {
  const packages = [...new Set([...(await readHostPackages(toolFolder)), ...added])].sort();
  await writeWhole(fileOf(toolFolder), JSON.stringify({ version: 1, packages }));
}

function fileOf(toolFolder: string): string {
  return join(toolFolder, 'host-packages.json');
}
