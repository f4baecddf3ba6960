import type { SandboxUser } from '../rootfs/accounts.js';

/**
 * What a build may not ask of the kernel, as a seccomp program (seccomp(2), "classic" BPF). Namespaces hide none of it:
 * the keyrings of the session that started us are inherited, a VM's host answers on AF_VSOCK whatever the network
 * namespace, TIOCSTI types into a terminal, and a user namespace of its own gives a process the capabilities that the
 * sandbox took from it. The job's further groups, which nobody can drop there, have no number inside: a build is told of
 * none, or `rsync` would give files to them and fail.
 */
interface Rule {
  readonly call: keyof typeof CALLS.x86_64;
  readonly errno: number;
  /** The call is refused only with such an argument; always without. */
  readonly argument?: {
    readonly index: number;
    /** `other`: neither the value nor -1, by which a call is told to leave something as it is. */
    readonly is: 'equal' | 'has' | 'other';
    readonly value: number;
  };
}

/** Arguments of calls that name a user, and of those that name a group, by their places. */
const OWNERS: readonly (readonly [call: Rule['call'], uids: readonly number[], gids: readonly number[]])[] = [
  ['chown', [1], [2]],
  ['fchown', [1], [2]],
  ['lchown', [1], [2]],
  ['fchownat', [2], [3]],
  ['setuid', [0], []],
  ['setreuid', [0, 1], []],
  ['setresuid', [0, 1, 2], []],
  ['setgid', [], [0]],
  ['setregid', [], [0, 1]],
  ['setresgid', [], [0, 1, 2]],
];

/**
 * An ordinary user is refused other owners with EPERM, which programs expect and pass over; in a user namespace most
 * numbers are none at all, and the answer would be EINVAL.
 */
function ownerRules({ uid, gid }: SandboxUser): readonly Rule[] {
  if (uid === 0) return [];
  const refuse = (call: Rule['call'], index: number, value: number): Rule => ({
    call,
    errno: EPERM,
    argument: { index, is: 'other', value },
  });
  return OWNERS.flatMap(([call, uids, gids]) => [
    ...uids.map((index) => refuse(call, index, uid)),
    ...gids.map((index) => refuse(call, index, gid)),
  ]);
}

/** The call returns 0 and does nothing. */
const NOTHING = 0;
const EPERM = 1;
const ENOSYS = 38;
const EAFNOSUPPORT = 97;

/** -1 as a `uid_t`. */
const UNCHANGED = 0xffff_ffff;

const CLONE_NEWUSER = 0x1000_0000;
const AF_VSOCK = 40;
const TIOCSTI = 0x5412;
const TIOCLINUX = 0x541c;

const RULES: readonly Rule[] = [
  { call: 'add_key', errno: ENOSYS },
  { call: 'request_key', errno: ENOSYS },
  { call: 'keyctl', errno: ENOSYS },
  { call: 'socket', errno: EAFNOSUPPORT, argument: { index: 0, is: 'equal', value: AF_VSOCK } },
  { call: 'ioctl', errno: EPERM, argument: { index: 1, is: 'equal', value: TIOCSTI } },
  { call: 'ioctl', errno: EPERM, argument: { index: 1, is: 'equal', value: TIOCLINUX } },
  { call: 'unshare', errno: EPERM, argument: { index: 0, is: 'has', value: CLONE_NEWUSER } },
  { call: 'clone', errno: EPERM, argument: { index: 0, is: 'has', value: CLONE_NEWUSER } },
  { call: 'getgroups', errno: NOTHING },
  // Its flags stand in memory, where no filter sees them. C libraries fall back to clone.
  { call: 'clone3', errno: ENOSYS },
];

/** The numbers of calls, from the kernel's tables of each processor. */
const CALLS = {
  x86_64: {
    ...{ add_key: 248, request_key: 249, keyctl: 250, socket: 41, ioctl: 16 },
    ...{ unshare: 272, clone: 56, clone3: 435, getgroups: 115 },
    ...{ chown: 92, fchown: 93, lchown: 94, fchownat: 260, setuid: 105, setgid: 106 },
    ...{ setreuid: 113, setregid: 114, setresuid: 117, setresgid: 119 },
  },
  i386: {
    ...{ add_key: 286, request_key: 287, keyctl: 288, socket: 359, ioctl: 54 },
    ...{ unshare: 310, clone: 120, clone3: 435, getgroups: 205 },
    ...{ chown: 212, fchown: 207, lchown: 198, fchownat: 298, setuid: 213, setgid: 214 },
    ...{ setreuid: 203, setregid: 204, setresuid: 208, setresgid: 210 },
  },
  aarch64: {
    ...{ add_key: 217, request_key: 218, keyctl: 219, socket: 198, ioctl: 29 },
    ...{ unshare: 97, clone: 220, clone3: 435, getgroups: 158 },
    // A processor without chown and lchown: C libraries make them of fchownat.
    ...{ chown: undefined, fchown: 55, lchown: undefined, fchownat: 54, setuid: 146, setgid: 144 },
    ...{ setreuid: 145, setregid: 143, setresuid: 147, setresgid: 149 },
  },
  arm: {
    ...{ add_key: 309, request_key: 310, keyctl: 311, socket: 281, ioctl: 54 },
    ...{ unshare: 337, clone: 120, clone3: 435, getgroups: 205 },
    ...{ chown: 212, fchown: 207, lchown: 198, fchownat: 325, setuid: 213, setgid: 214 },
    ...{ setreuid: 203, setregid: 204, setresuid: 208, setresgid: 210 },
  },
} as const;

/** How the kernel names whose table of calls a process uses (linux/audit.h). */
const AUDIT = { x86_64: 0xc000_003e, i386: 0x4000_0003, aarch64: 0xc000_00b7, arm: 0x4000_0028 } as const;

type Table = keyof typeof CALLS;

/** The tables that the kernel of a machine serves, by Node's name of its processor. */
const TABLES: Readonly<Record<string, readonly Table[]>> = {
  x64: ['x86_64', 'i386'],
  arm64: ['aarch64', 'arm'],
};

/** Calls from here on are x32's, a table of which none of ours is made. */
const X32 = 0x4000_0000;

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_HAS = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff_0000;
const REFUSE = 0x0005_0000;

/** Where things are in `struct seccomp_data`; both processors are little-endian. */
const CALL = 0;
const MACHINE = 4;
const argumentAt = (index: number) => 16 + 8 * index;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/** The program for a machine, as the kernel takes it; undefined for a processor that we know no calls of. */
export function systemCallFilter(arch: string, user: SandboxUser): Buffer | undefined {
  const tables = TABLES[arch];
  if (tables === undefined) return undefined;
  const rules = [...RULES, ...ownerRules(user)];
  const program = [
    ...tables.flatMap((table) => {
      const checks = tableChecks(table, rules);
      return [[LOAD, 0, 0, MACHINE], [IF_EQUAL, 0, checks.length, AUDIT[table]], ...checks] as const;
    }),
    refusal(ENOSYS),
  ];
  return Buffer.concat(program.map(encode));
}

function tableChecks(table: Table, rules: readonly Rule[]): readonly Instruction[] {
  const x32 = [[LOAD, 0, 0, CALL], [IF_AT_LEAST, 0, 1, X32], refusal(ENOSYS)] as const;
  return [
    ...(table === 'x86_64' ? x32 : []),
    ...rules.flatMap((rule) => {
      const call = CALLS[table][rule.call];
      return call === undefined ? [] : ruleChecks(rule, call);
    }),
    [RETURN, 0, 0, ALLOW],
  ];
}

function ruleChecks({ argument, errno }: Rule, call: number): readonly Instruction[] {
  const refuse: readonly Instruction[] =
    argument === undefined
      ? [refusal(errno)]
      : [[LOAD, 0, 0, argumentAt(argument.index)], ...comparisons(argument), refusal(errno)];
  return [[LOAD, 0, 0, CALL], [IF_EQUAL, 0, refuse.length, call], ...refuse];
}

/** Those that go on to the next instruction where the call is to be refused, else beyond it. */
function comparisons({ is, value }: Required<Rule>['argument']): readonly Instruction[] {
  if (is === 'other') {
    return [
      [IF_EQUAL, 2, 0, value],
      [IF_EQUAL, 1, 0, UNCHANGED],
    ];
  }
  return [[is === 'equal' ? IF_EQUAL : IF_HAS, 0, 1, value]];
}

function refusal(errno: number): Instruction {
  return [RETURN, 0, 0, REFUSE | errno];
}

/** As `struct sock_filter` is laid out. */
function encode([code, ifTrue, ifFalse, value]: Instruction): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
