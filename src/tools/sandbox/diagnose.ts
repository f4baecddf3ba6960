/** What was seen when a sandbox did not start, and what of the machine may be the cause. */
export interface SandboxFacts {
  /** What bwrap printed. */
  readonly stderr: string;
  /** The program that starts the sandbox: bwrap, or the loader that runs an unpacked one. Absolute. */
  readonly program: string;
  readonly setuid: boolean;
  readonly uid: number;
  /** `user.max_KIND_namespaces`, by kind (`user`, `pid`, `net`, …); a kind that the kernel lacks is absent. */
  readonly limits: Readonly<Record<string, number>>;
  /** `kernel.unprivileged_userns_clone`: Debian's and some others' switch; undefined where there is none. */
  readonly unprivilegedClone: string | undefined;
  /** `kernel.apparmor_restrict_unprivileged_userns`: Ubuntu 23.10 and later; undefined where there is none. */
  readonly apparmorRestricts: string | undefined;
  /** The kind of container that this is, undefined outside of one. */
  readonly container: string | undefined;
  /** Whether nobody here can come to CAP_SYS_ADMIN, sudo or not. */
  readonly bounded: boolean;
  /** Whether a seccomp filter is on. */
  readonly filtered: boolean;
}

export interface Diagnosis {
  readonly message: string;
  readonly remedy: string;
}

interface Cause {
  readonly applies: (facts: SandboxFacts) => boolean;
  readonly diagnosis: (facts: SandboxFacts) => Diagnosis;
}

const CONTAINER_OPTIONS =
  'Start the container with --privileged, or with --device /dev/fuse --cap-add SYS_ADMIN --security-opt seccomp=unconfined ' +
  '--security-opt apparmor=unconfined, and run as its root (in a workflow: jobs.NAME.container.options).';

/** bwrap's words for a namespace that the kernel refuses, in all its versions. */
const REFUSED =
  /No permissions to creat|Creating new namespace failed: (?:Operation not permitted|Permission denied)/;
/** What bwrap says where parts of /proc are masked, which a fresh one would show. */
export const MASKED_PROC = "Can't mount proc";
const UID_MAP = /setting up uid map: (?:Operation not permitted|Permission denied)/;
/** AppArmor says EACCES where seccomp and the kernel itself say EPERM. */
const DENIED = /(?:setting up uid map|Creating new namespace failed): Permission denied/;

/** The first that applies is told. The order goes from what is sure to what is likely. */
const CAUSES: readonly Cause[] = [
  {
    applies: ({ stderr, limits }) => /ENOSPC|No space left/.test(stderr) && zeroLimits(limits).length > 0,
    diagnosis: ({ limits }) => {
      const names = zeroLimits(limits).map((kind) => `user.max_${kind}_namespaces`);
      return {
        message: `namespaces are switched off on this machine: ${names.join(' and ')} is 0`,
        remedy: `As root: ${names.map((name) => `sysctl -w ${name}=15000`).join('; ')}; to keep it, write the same into a file in /etc/sysctl.d.`,
      };
    },
  },
  {
    applies: ({ stderr }) => /ENOSPC|No space left/.test(stderr),
    diagnosis: ({ limits }) => ({
      message: `this machine's limit of namespaces is used up, or they are nested too deep (user.max_user_namespaces is ${limits.user ?? 'unknown'})`,
      remedy:
        'As root: sysctl -w user.max_user_namespaces=63000; and look for containers that were left behind or that stand inside one another.',
    }),
  },
  {
    applies: ({ uid, unprivilegedClone, stderr }) =>
      uid !== 0 && unprivilegedClone === '0' && REFUSED.test(stderr),
    diagnosis: () => ({
      message: 'user namespaces are for root only on this machine: kernel.unprivileged_userns_clone is 0',
      remedy:
        'As root: sysctl -w kernel.unprivileged_userns_clone=1; to keep it, write the same into a file in /etc/sysctl.d.',
    }),
  },
  {
    applies: isRestrictedByAppArmor,
    diagnosis: ({ program, container }) => ({
      message:
        'AppArmor keeps ordinary programs from using user namespaces here: kernel.apparmor_restrict_unprivileged_userns is 1',
      remedy:
        `From narrow to broad, as root: write a profile for this program, /etc/apparmor.d/bwrap-ci with the lines "abi <abi/4.0>," and ` +
        `"profile bwrap-ci ${program} flags=(unconfined) { userns, }", and load it with apparmor_parser -r /etc/apparmor.d/bwrap-ci; ` +
        "or load Ubuntu's own bwrap-userns-restrict profile (package apparmor-profiles); " +
        'or lift the restriction for all programs with sysctl -w kernel.apparmor_restrict_unprivileged_userns=0.' +
        (container === undefined ? '' : ' All of it on the machine that runs the container.'),
    }),
  },
  {
    applies: ({ stderr }) => stderr.includes(MASKED_PROC),
    diagnosis: ({ container }) => ({
      message: `a fresh /proc may not be mounted in ${container ?? 'these surroundings'}, because parts of its own /proc are masked`,
      remedy: CONTAINER_OPTIONS,
    }),
  },
  {
    applies: ({ stderr }) => /Can't read \/proc|\/proc\/self\/.*No such file/.test(stderr),
    diagnosis: () => ({
      message: '/proc is not mounted here',
      remedy: 'Mount it: mount -t proc proc /proc.',
    }),
  },
  {
    applies: ({ container, stderr }) =>
      container !== undefined &&
      (REFUSED.test(stderr) ||
        UID_MAP.test(stderr) ||
        stderr.includes('loopback: Failed') ||
        /slave|pivot_root|Failed to mount/.test(stderr)),
    diagnosis: ({ container, filtered }) => ({
      message: `${container ?? 'this container'} does not allow what a sandbox needs${filtered ? ' (a seccomp filter is on)' : ''}`,
      remedy: CONTAINER_OPTIONS,
    }),
  },
  {
    applies: ({ filtered, stderr }) => filtered && (REFUSED.test(stderr) || UID_MAP.test(stderr)),
    diagnosis: () => ({
      message: 'a seccomp filter keeps this process from making namespaces',
      remedy:
        "Lift the filter of what started this: the runner's service (RestrictNamespaces= and SystemCallFilter= of systemd), or its container.",
    }),
  },
  {
    applies: ({ uid, stderr }) => uid === 0 && UID_MAP.test(stderr),
    diagnosis: () => ({
      message: 'root lacks the capabilities that a sandbox needs (SYS_ADMIN, SETUID, SETGID)',
      remedy: `Start this as a root that has them, or as an ordinary user. ${CONTAINER_OPTIONS}`,
    }),
  },
  {
    applies: ({ stderr }) => /kernel does not support user namespaces|Invalid argument/.test(stderr),
    diagnosis: ({ program, setuid }) => ({
      message: 'this kernel has no user namespaces',
      remedy:
        'Boot with user_namespace.enable=1 where the kernel knows it, or take a kernel with CONFIG_USER_NS' +
        (setuid
          ? '.'
          : `; a bubblewrap that is installed setuid root (chmod u+s ${program}) does without them.`),
    }),
  },
  {
    applies: ({ stderr }) => stderr.includes('Unexpected capabilities but not setuid'),
    diagnosis: ({ program, uid }) => ({
      message: `${program} is started with capabilities and is not setuid, which it refuses`,
      remedy:
        uid === 0
          ? `Take them from the file: setcap -r ${program}.`
          : `Take them from the file (as root: setcap -r ${program}), or start this without ambient capabilities.`,
    }),
  },
  {
    applies: ({ stderr }) => stderr.includes('Unexpected setuid user'),
    diagnosis: ({ program }) => ({
      message: `${program} has a setuid bit and does not belong to root`,
      remedy: `As root: chown root ${program} and chmod u+s ${program}, or chmod u-s ${program}.`,
    }),
  },
  {
    applies: ({ stderr }) => stderr.includes('loopback: Failed'),
    diagnosis: () => ({
      message: "the sandbox's own network cannot be set up: its loopback device is refused",
      remedy: `A security module (AppArmor, SELinux) denies it; its log says which rule (journalctl -k). ${CONTAINER_OPTIONS}`,
    }),
  },
  {
    applies: ({ stderr }) => REFUSED.test(stderr),
    diagnosis: () => ({
      message: 'the kernel refuses namespaces to this process',
      remedy:
        'It may stand in a chroot, or a security module (SELinux, AppArmor) denies it; its log says which rule (journalctl -k). Try it outside of the chroot.',
    }),
  },
];

/** Whether AppArmor keeps this program from what other programs with a profile may do. */
export function isRestrictedByAppArmor({ apparmorRestricts, stderr }: SandboxFacts): boolean {
  return apparmorRestricts === '1' && (DENIED.test(stderr) || stderr.includes('loopback: Failed'));
}

/** Why a sandbox did not start, and what helps against that. Says what bwrap said where it knows no cause. */
export function diagnose(facts: SandboxFacts): Diagnosis {
  const cause = CAUSES.find(({ applies }) => applies(facts));
  if (cause !== undefined) return cause.diagnosis(facts);
  return {
    message: `a sandbox does not start here, for a cause that is not known: ${facts.stderr.trim() || 'bwrap said nothing'}`,
    remedy:
      `Try it by hand: ${facts.program} --unshare-all --ro-bind / / --proc /proc --dev /dev true. ${facts.container === undefined ? '' : CONTAINER_OPTIONS}`.trim(),
  };
}

function zeroLimits(limits: Readonly<Record<string, number>>): readonly string[] {
  return Object.keys(limits).filter((kind) => limits[kind] === 0);
}
