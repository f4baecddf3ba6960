import { Fault, messageOf, systemErrorCode } from '../../errors.js';
import { whyNoFuseDevice } from './fuse.js';
import { findProgram } from '../../process/own-programs.js';
import { installPackages } from '../packages/install-packages.js';
import type { ToolContext } from '../source.js';
import { findUnpackedBubblewrap, unpackBubblewrap } from './unpacked-bubblewrap.js';

export interface Bubblewrap {
  /** The absolute path of `bwrap`. */
  readonly bwrap: string;
  /** On PATH already; installed now by the package manager; or unpacked into the tool folder. */
  readonly source: 'path' | 'package' | 'unpacked';
}

/**
 * Finds bubblewrap, or gets it: by the system's package manager where that is allowed, else unpacked privately.
 * fusermount3, which an ordinary user needs to mount inputs, is seen to in the same call of the package manager;
 * without it inputs are copied, so it is never a reason to fail.
 *
 * @throws Fault when there is no way to bubblewrap; the signal's reason when it is aborted.
 */
export async function ensureBubblewrap(context: ToolContext): Promise<Bubblewrap> {
  const present = findProgram('bwrap', context.machine);
  const missing = [
    ...(present === undefined ? ['bubblewrap'] : []),
    ...((await lacksFusermount(context)) ? ['fuse3'] : []),
  ];
  if (present !== undefined && missing.length === 0) return { bwrap: present, source: 'path' };
  const unpacked = present === undefined ? await findUnpackedBubblewrap(context) : undefined;
  if (unpacked !== undefined) return { bwrap: unpacked, source: 'unpacked' };

  const refused = await tryPackages(missing, context);
  if (present !== undefined) return { bwrap: present, source: 'path' };
  const installed = findProgram('bwrap', context.machine);
  if (installed !== undefined) return { bwrap: installed, source: 'package' };
  const bwrap = await unpackBubblewrap(context).catch((error: unknown) => ({
    declined: expectedReason(error, context),
  }));
  if (typeof bwrap === 'string') return { bwrap, source: 'unpacked' };
  throw new Fault(
    `bubblewrap is not on PATH, was not installed (${refused ?? 'the package has no bwrap'}), and was not unpacked privately (${bwrap.declined})`,
    {
      remedy:
        'Install the package bubblewrap (and fuse3, to mount inputs instead of copying them) in the image or in a step before this one.',
    },
  );
}

/** Root mounts FUSE by itself; anyone else needs fusermount3, which is of use only where /dev/fuse is. */
async function lacksFusermount({ machine }: ToolContext): Promise<boolean> {
  if (machine.uid === 0 || findProgram('fusermount3', machine) !== undefined) return false;
  return (await whyNoFuseDevice()) === undefined;
}

/** @returns why nothing was installed, or undefined when it was. */
async function tryPackages(packages: readonly string[], context: ToolContext): Promise<string | undefined> {
  try {
    return (await installPackages(packages, context))?.declined;
  } catch (error) {
    const reason = expectedReason(error, context);
    context.log.warn(`${packages.join(' and ')} could not be installed: ${reason}`);
    return reason;
  }
}

function expectedReason(error: unknown, context: ToolContext): string {
  context.signal.throwIfAborted();
  if (!(error instanceof Fault) && systemErrorCode(error) === undefined) throw error;
  return messageOf(error);
}
