import { chmod, copyFile, mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Fault } from '../../errors.js';
import { runCommand } from '../../process/command.js';
import { installerEnvironment } from '../child-environment.js';
import type { ToolContext } from '../source.js';

/** One package or one question to the loader; milliseconds. */
const UNPACK_DEADLINE = 60_000;

const TRIPLET = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

/**
 * Takes programs out of Debian packages, with the libraries and the loader that they were built for, so that they run
 * on any distribution without being installed: `bin/NAME` starts `libexec/NAME` with `lib/`.
 *
 * @param packages a folder of `.deb` files.
 * @param programs the programs' names, all from `usr/bin`.
 * @param made the folder to fill.
 * @throws Fault when a program or one of its libraries is not in the packages.
 */
export async function unpackPrograms(
  packages: string,
  programs: readonly string[],
  made: string,
  context: ToolContext,
): Promise<void> {
  const root = join(packages, 'root');
  await Promise.all(
    [root, join(made, 'bin'), join(made, 'lib'), join(made, 'libexec')].map((folder) =>
      mkdir(folder, { recursive: true }),
    ),
  );
  for (const name of await readdir(packages)) {
    if (name.endsWith('.deb'))
      await mustRun(['dpkg-deb', '--extract', join(packages, name), root], packages, context);
  }
  const libraryFolders = await existingFolders(root);
  const loader = await findLoader(libraryFolders);
  const libraries = new Map<string, string>([[basename(loader), loader]]);
  for (const name of programs) {
    const program = join(root, 'usr/bin', name);
    const argv = [loader, '--inhibit-cache', '--library-path', libraryFolders.join(':'), '--list', program];
    for (const [soname, file] of librariesIn(await mustRun(argv, packages, context))) {
      if (!file.startsWith(`${root}/`))
        throw new Fault(`${name} needs ${soname}, which its packages do not have`);
      libraries.set(soname, file);
    }
    await copyFile(program, join(made, 'libexec', name));
    await writeExecutable(join(made, 'bin', name), starter(name, basename(loader)));
  }
  await Promise.all([...libraries].map(([soname, file]) => copyFile(file, join(made, 'lib', soname))));
}

async function mustRun(argv: readonly string[], folder: string, context: ToolContext): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(argv, {
    signal: context.signal,
    deadline: UNPACK_DEADLINE,
    environment: installerEnvironment(context.machine, folder),
  });
  if (exitCode !== 0) throw new Fault(`${argv.join(' ')} ended with ${exitCode}: ${stderr.trim()}`);
  return stdout.toString();
}

/** Packages of older releases have their libraries in `lib`, newer ones in `usr/lib`. */
async function existingFolders(root: string): Promise<readonly string[]> {
  const folders = [join(root, 'usr/lib', TRIPLET), join(root, 'lib', TRIPLET)];
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => undefined)));
  return real.filter((folder) => folder !== undefined);
}

async function findLoader(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const name = (await readdir(folder)).find((file) => /^ld-linux-.*\.so\.\d+$/.test(file));
    if (name !== undefined) return join(folder, name);
  }
  throw new Fault(`the packages have no loader for ${TRIPLET}`);
}

/** The libraries in what `ld.so --list` prints: the name that is asked for → the file that answers. */
export function librariesIn(list: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of list.split('\n')) {
    const match = /^\s*(\S+) => (.*?)(?: \(0x[0-9a-f]+\))?$/.exec(line);
    const [, soname, file] = match ?? [];
    if (soname !== undefined && file !== undefined && !soname.startsWith('/')) found.set(soname, file);
  }
  return found;
}

async function writeExecutable(file: string, text: string): Promise<void> {
  await writeFile(file, text);
  await chmod(file, 0o755);
}

/** Finds its neighbours from where it stands itself, so that the folder may be moved. */
function starter(name: string, loader: string): string {
  return `#!/bin/sh
self=$0
if [ -L "$self" ]; then self=$(readlink -f -- "$self"); fi
home=\${self%/*}/..
exec "$home/lib/${loader}" --inhibit-cache --library-path "$home/lib" "$home/libexec/${name}" "$@"
`;
}
