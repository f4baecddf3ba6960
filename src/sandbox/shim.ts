import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withOwnProc } from '../process/own-proc.js';
import { textOf } from '../reapi/escaped-text.js';
import type { SandboxUser } from '../rootfs/accounts.js';
import { hidingOptions } from './hiding.js';
import { readKernelFiles } from '../rootfs/kernel-files.js';
import { hasEnded, initIn, type SandboxStatus, statusIn } from './sandbox-status.js';
import { ODD, type ShimFiles, type ShimRequest, shimScript } from './shim-script.js';
import { systemCallFilter } from './system-call-filter.js';
import type { Hidden } from '../rootfs/toolchain/tree-walk.js';

/**
 * A `bwrap` of ours that stands before bubblewrap on buildbox-run's PATH, for what buildbox-run does not do. It cannot
 * tell a sandbox that did not start, or was killed, from a command that failed: all are an exit code in its result, but
 * bubblewrap can, on a descriptor of its own. It does not notice that the inputs went away under the build. It refuses
 * an output that is a symlink: the shim takes such a one out of the staged tree after the build, for us to put into the
 * result. And it leaves to the build what of the kernel and of the job no build needs.
 */
export interface Shim {
  /** The folder to put first on PATH. */
  readonly folder: string;
  readonly files: ShimFiles;
  readonly outputs: readonly string[];
}

export interface Sandboxing extends Omit<ShimRequest, 'options' | 'home' | 'root' | 'launcher' | 'accounts'> {
  readonly user: SandboxUser;
  /** Whether the root file system has accounts of its own, among which the user's may not be. */
  readonly ownAccounts: boolean;
  /** Whether a fresh /proc can be mounted only by `withOwnProc`. */
  readonly needsOwnProc: boolean;
  /** What more it is started by. */
  readonly starter: readonly string[];
  /** The most that /tmp may hold, and /dev/shm again, in bytes; undefined for the kernel's half of the memory. */
  readonly tmpSize: number | undefined;
  /** What of the mounts is not shown. */
  readonly hidden: readonly Hidden[];
}

const STATUS = 'sandbox-status';

export async function writeShim(workFolder: string, sandboxing: Sandboxing): Promise<Shim> {
  const folder = join(workFolder, 'bin');
  const empty = join(workFolder, 'empty');
  const home = await makeFolder(join(workFolder, 'home'));
  await chmod(home, 0o755); // Whatever the umask of the job.
  const { user } = sandboxing;
  const filter = await writeFilter(join(workFolder, 'system-calls'), user);
  const pipes = { child: join(workFolder, 'child'), go: join(workFolder, 'go') };
  const files = { status: join(workFolder, STATUS), links: join(workFolder, 'links'), filter, pipes };
  await mkdir(folder);
  await mkdir(files.links);
  await writeFile(empty, '');
  const options = [
    ...(await hidingOptions(workFolder, sandboxing.hidden)),
    ...(await hardening(empty, sandboxing.tmpSize)),
  ];
  const accounts = sandboxing.ownAccounts
    ? { user, folder: await makeFolder(join(workFolder, 'accounts')) }
    : undefined;
  const launcher = [
    ...(sandboxing.needsOwnProc ? withOwnProc(await makeFolder(join(workFolder, 'proc'))) : []),
    ...sandboxing.starter,
  ];
  const script = shimScript(files, {
    launcher,
    ...sandboxing,
    accounts,
    options,
    home,
    root: process.getuid?.() === 0,
  });
  await writeFile(join(folder, 'bwrap'), script, { mode: 0o755 });
  return { folder, files, outputs: sandboxing.outputs };
}

async function makeFolder(path: string): Promise<string> {
  await mkdir(path);
  return path;
}

/** Undefined where the kernel takes no program, or the processor is none that we know. */
async function writeFilter(file: string, user: SandboxUser): Promise<string | undefined> {
  const program = systemCallFilter(process.arch, user);
  const status = await readFile('/proc/self/status', 'utf8');
  if (program === undefined || !/^Seccomp:/m.test(status)) return undefined;
  await writeFile(file, program);
  return file;
}

async function hardening(empty: string, tmpSize: number | undefined): Promise<readonly string[]> {
  const { readOnly, hidden } = await readKernelFiles();
  const tmpfs = (path: string) => (tmpSize === undefined ? [] : ['--size', String(tmpSize), '--tmpfs', path]);
  return [
    // A session of its own keeps the build from typing into the terminal that we may have.
    '--new-session',
    ...readOnly.flatMap((path) => ['--ro-bind', path, path]),
    ...hidden.flatMap((path) => ['--ro-bind', empty, path]),
    ...tmpfs('/tmp'),
    ...tmpfs('/dev/shm'),
  ];
}

/** Reads what bubblewrap and the shim said. */
export async function readStatus({ files }: Shim): Promise<SandboxStatus> {
  return statusIn(await readFile(files.status, 'utf8').catch(() => undefined));
}

/** Whether the command runs just now: what stages for it has ended, and what captures its outputs has not begun. */
export async function isCommandRunning(workFolder: string): Promise<boolean> {
  const text = await readFile(join(workFolder, STATUS), 'utf8').catch(() => '');
  return initIn(text) !== undefined && !hasEnded(text);
}

/** An output that is a symlink. */
export interface OutputLink {
  /** Relative to the root of the sandbox. */
  readonly path: string;
  /** As `textOf` gives it: a target need not be UTF-8. */
  readonly target: string;
}

export async function readLinks({ files, outputs }: Shim): Promise<readonly OutputLink[]> {
  const links = await Promise.all(
    outputs.map(async (path, i) => {
      const target = await readFile(join(files.links, String(i))).catch(() => undefined);
      return target === undefined ? [] : [{ path, target: textOf(target) }];
    }),
  );
  return links.flat();
}

/** Outputs that are neither file nor folder nor symlink. */
export function readOdd({ files, outputs }: Shim): readonly string[] {
  return outputs.filter((_, i) => existsSync(join(files.links, `${i}${ODD}`)));
}
