import type { SandboxUser } from './accounts.js';
import type { Rootfs } from './rootfs.js';

/** Node's names of processors as REAPI's platform lexicon names them. */
const ISA: Readonly<Record<string, string>> = { x64: 'x86-64', arm64: 'aarch64' };

export interface PlatformRequest {
  readonly network: 'off' | 'on';
  readonly user: SandboxUser;
  /** The user's own. */
  readonly properties: readonly (readonly [name: string, value: string])[];
  /** What the processor can do, where that is to tell actions apart. */
  readonly cpuFeatures: string | undefined;
}

/**
 * The platform properties of an action: what must be so for its result to be the same. `inject` binds the mounts of
 * the toolchain to its identity: buildbox-run mounts it only for an action that names it.
 */
export function platformProperties(
  rootfs: Rootfs,
  { network, user, properties, cpuFeatures }: PlatformRequest,
): readonly (readonly [name: string, value: string])[] {
  return [
    ['OSFamily', 'linux'],
    ['ISA', ISA[process.arch] ?? process.arch],
    ...(rootfs.binds.length > 0 ? [['inject', rootfs.identity] as const] : []),
    ['unixUID', String(user.uid)],
    ['unixGID', String(user.gid)],
    ...(network === 'on' ? [['network', 'on'] as const] : []),
    ...(cpuFeatures === undefined ? [] : [['cpuFeatures', cpuFeatures] as const]),
    ...properties,
  ];
}
