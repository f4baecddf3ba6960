import { access, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Machine } from '../../machine.js';
import type { Bubblewrap } from './bubblewrap.js';
import type { SandboxFacts } from './diagnose.js';
import { hasSysAdmin } from './fuse.js';

const KINDS = ['user', 'pid', 'net', 'ipc', 'uts', 'mnt', 'cgroup'];

/** Gathers what may explain that a sandbox did not start. Reads only; what cannot be read is left out. */
export async function gatherSandboxFacts(
  bubblewrap: Bubblewrap,
  stderr: string,
  machine: Machine,
): Promise<SandboxFacts> {
  const [program, limits, unprivilegedClone, apparmorRestricts, container, status] = await Promise.all([
    programOf(bubblewrap),
    readLimits(),
    readSetting('/proc/sys/kernel/unprivileged_userns_clone'),
    readSetting('/proc/sys/kernel/apparmor_restrict_unprivileged_userns'),
    findContainer(machine),
    readSetting('/proc/self/status'),
  ]);
  const bounded = !hasSysAdmin(status ?? '', 'CapBnd');
  const mode = (await stat(program).catch(() => undefined))?.mode ?? 0;
  return {
    stderr,
    program,
    setuid: (mode & 0o4000) !== 0,
    uid: machine.uid,
    limits,
    unprivilegedClone,
    apparmorRestricts,
    // Some containers bear no mark, and are known by what nobody in them can come to.
    container: container ?? (bounded ? 'this container (CAP_SYS_ADMIN is out of reach here)' : undefined),
    bounded,
    filtered: /^Seccomp:\s*2$/m.test(status ?? ''),
  };
}

/** An unpacked bwrap is run by the loader beside it, and that is the program that the kernel sees. */
async function programOf({ bwrap, source }: Bubblewrap): Promise<string> {
  const real = await realpath(bwrap).catch(() => bwrap);
  if (source !== 'unpacked') return real;
  const folder = join(dirname(dirname(real)), 'lib');
  const loader = (await readdir(folder).catch(() => [])).find((name) => name.startsWith('ld-linux'));
  return loader === undefined ? real : join(folder, loader);
}

async function readLimits(): Promise<Readonly<Record<string, number>>> {
  const limits: Record<string, number> = {};
  for (const kind of KINDS) {
    const value = await readSetting(`/proc/sys/user/max_${kind}_namespaces`);
    if (value !== undefined) limits[kind] = Number(value);
  }
  return limits;
}

async function readSetting(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text?.trim();
}

async function findContainer({ environment }: Machine): Promise<string | undefined> {
  if (await exists('/.dockerenv')) return 'this Docker container';
  if (await exists('/run/.containerenv')) return 'this Podman container';
  if (environment.KUBERNETES_SERVICE_HOST !== undefined) return 'this Kubernetes pod';
  const groups = (await readSetting('/proc/1/cgroup')) ?? '';
  const inGroup = /docker|kubepods|containerd|libpod|lxc/.test(groups);
  if (inGroup || environment.container !== undefined) return 'this container';
  // Some bear no mark, and are known by what nobody in them can come to.
  const status = await readSetting('/proc/self/status');
  return hasSysAdmin(status ?? '', 'CapBnd')
    ? undefined
    : 'this container (CAP_SYS_ADMIN is out of reach here)';
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
