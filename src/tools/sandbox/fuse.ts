import { open, readFile, stat } from 'node:fs/promises';
import type { Machine } from '../../machine.js';
import { messageOf, systemErrorCode } from '../../errors.js';
import { findProgram } from '../../process/own-programs.js';
import type { ToolContext } from '../source.js';
import { whyNotMounting } from './try-mount.js';

const DEVICE = '/dev/fuse';
/** The bit of CAP_SYS_ADMIN in a capability set (capabilities(7)). */
const CAP_SYS_ADMIN = 21n;

/** What decides whether inputs can be mounted. */
export interface FuseFacts {
  readonly uid: number;
  /** Whether BuildBox has a `buildbox-fuse`. */
  readonly program: boolean;
  /** Why /dev/fuse cannot be opened for reading and writing; undefined when it can. */
  readonly device: string | undefined;
  /** The first fusermount3 on PATH, and whether it is setuid root. */
  readonly fusermount: { readonly file: string; readonly setuid: boolean } | undefined;
  readonly canMount: boolean;
  readonly noNewPrivileges: boolean;
}

/**
 * Finds out whether inputs can be mounted.
 *
 * @param folder below which that would be
 * @returns why they cannot, as one line; null where they can
 */
export async function findFuseObstacle(
  program: boolean,
  folder: string,
  context: ToolContext,
): Promise<string | null> {
  const facts = await gatherFuseFacts(context.machine, program);
  return fuseObstacle(facts) ?? (await whyRefused(facts, folder, context));
}

async function whyRefused(
  { uid, fusermount }: FuseFacts,
  folder: string,
  context: ToolContext,
): Promise<string | null> {
  if (uid === 0 || fusermount === undefined) return null;
  const refusal = await whyNotMounting(fusermount.file, folder, context);
  return refusal === undefined ? null : `${fusermount.file} may not mount below ${folder} (${refusal})`;
}

/**
 * Why inputs cannot be mounted, as one line; null when they can. Root mounts by itself (measured with 1.4.25 and
 * 1.4.30 where fusermount3 was not on PATH); others need fusermount3 with its setuid bit.
 */
export function fuseObstacle(facts: FuseFacts): string | null {
  const { uid, program, device, fusermount, canMount, noNewPrivileges } = facts;
  if (!program) return 'this BuildBox has no buildbox-fuse of its version';
  if (device !== undefined) return device;
  if (uid === 0) return canMount ? null : 'root lacks CAP_SYS_ADMIN here (a container without --privileged?)';
  if (fusermount === undefined) return 'fusermount3 is not on PATH (package fuse3)';
  if (!fusermount.setuid) return `${fusermount.file}, the first on PATH, has no setuid bit`;
  if (noNewPrivileges) return `no_new_privs is set here, so ${fusermount.file} cannot become root`;
  return null;
}

async function gatherFuseFacts(machine: Machine, program: boolean): Promise<FuseFacts> {
  const [device, status] = await Promise.all([whyNoFuseDevice(), readFile('/proc/self/status', 'utf8')]);
  const file = findProgram('fusermount3', machine);
  const found = file === undefined ? undefined : await stat(file);
  return {
    uid: machine.uid,
    program,
    device,
    fusermount:
      file === undefined || found === undefined
        ? undefined
        : { file, setuid: found.uid === 0 && (found.mode & 0o4000) !== 0 },
    canMount: hasSysAdmin(status),
    noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(status),
  };
}

/** Opens the device as a mount would: a container may refuse what the file's mode allows. */
export async function whyNoFuseDevice(): Promise<string | undefined> {
  try {
    const device = await open(DEVICE, 'r+');
    await device.close();
    return undefined;
  } catch (error) {
    const code = systemErrorCode(error);
    const who = `uid ${process.getuid?.() ?? 'unknown'}`;
    if (code === 'ENOENT') return `there is no ${DEVICE}`;
    if (code === 'EACCES') return `${DEVICE} is not readable and writable for ${who}`;
    if (code === 'EPERM') return `${DEVICE} may not be used in this container`;
    return `${DEVICE} cannot be opened: ${messageOf(error)}`;
  }
}

/** Whether a `/proc/PID/status` tells of the capability that mounting takes: the process has it, or may come to it. */
export function hasSysAdmin(status: string, set: 'CapEff' | 'CapBnd' = 'CapEff'): boolean {
  const capabilities = new RegExp(`^${set}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1];
  return capabilities !== undefined && ((BigInt(`0x${capabilities}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}
