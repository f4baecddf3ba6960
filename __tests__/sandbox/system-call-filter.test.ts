import { describe, expect, test } from '@jest/globals';
import { systemCallFilter } from '../../src/sandbox/system-call-filter.js';

const ALLOWED = 'allowed';
const X86_64 = 0xc000003e;
const I386 = 0x40000003;
const AARCH64 = 0xc00000b7;

/** Runs a program as the kernel does, on `struct seccomp_data`. */
function ask(program: Buffer, audit: number, call: number, args: readonly number[] = []): string | number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call, 0);
  data.writeUInt32LE(audit, 4);
  args.forEach((value, i) => data.writeBigUInt64LE(BigInt(value), 16 + 8 * i));
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const [code, ifTrue, ifFalse] = [program.readUInt16LE(at), program[at + 2] ?? 0, program[at + 3] ?? 0];
    const value = program.readUInt32LE(at + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(value);
    else if (code === 0x15) at += 8 * (accumulator === value ? ifTrue : ifFalse);
    else if (code === 0x35) at += 8 * (accumulator >= value ? ifTrue : ifFalse);
    else if (code === 0x45) at += 8 * ((accumulator & value) !== 0 ? ifTrue : ifFalse);
    else if (code === 0x06) return value === 0x7fff0000 ? ALLOWED : value - 0x50000;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program has no end');
}

const [ENOSYS, EPERM, EAFNOSUPPORT] = [38, 1, 97];
const NEW_USER = 0x10000000;
const USER = { uid: 1000, gid: 100 };
const SAME = 0xffffffff;

describe.each([
  [
    'x64',
    X86_64,
    {
      read: 0,
      keyctl: 250,
      add: 248,
      request: 249,
      socket: 41,
      ioctl: 16,
      unshare: 272,
      clone: 56,
      groups: 115,
      chown: 93,
      at: 260,
      setresuid: 117,
      setgid: 106,
    },
  ],
  [
    'x64',
    I386,
    {
      read: 3,
      keyctl: 288,
      add: 286,
      request: 287,
      socket: 359,
      ioctl: 54,
      unshare: 310,
      clone: 120,
      groups: 205,
      chown: 207,
      at: 298,
      setresuid: 208,
      setgid: 214,
    },
  ],
  [
    'arm64',
    AARCH64,
    {
      read: 63,
      keyctl: 219,
      add: 217,
      request: 218,
      socket: 198,
      ioctl: 29,
      unshare: 97,
      clone: 220,
      groups: 158,
      chown: 55,
      at: 54,
      setresuid: 147,
      setgid: 144,
    },
  ],
])('on %s, with the calls of %d', (arch, audit, calls) => {
  const program = systemCallFilter(arch, USER) ?? Buffer.alloc(0);
  test.each<[string, number, readonly number[], string | number]>([
    ['read', calls.read, [], ALLOWED],
    ['keyctl', calls.keyctl, [], ENOSYS],
    ['add_key', calls.add, [], ENOSYS],
    ['request_key', calls.request, [], ENOSYS],
    ['socket of AF_UNIX', calls.socket, [1], ALLOWED],
    ['socket of AF_VSOCK', calls.socket, [40], EAFNOSUPPORT],
    ['ioctl TCGETS', calls.ioctl, [0, 0x5401], ALLOWED],
    ['ioctl TIOCSTI', calls.ioctl, [0, 0x5412], EPERM],
    ['ioctl TIOCLINUX', calls.ioctl, [0, 0x541c], EPERM],
    ['unshare of mounts', calls.unshare, [0x20000], ALLOWED],
    ['unshare of users and mounts', calls.unshare, [NEW_USER + 0x20000], EPERM],
    ['fork', calls.clone, [17], ALLOWED],
    ['clone with new users', calls.clone, [NEW_USER + 17], EPERM],
    ['clone3', 435, [], ENOSYS],
    ['getgroups', calls.groups, [64], 0],
    ['fchown to oneself', calls.chown, [3, 1000, 100], ALLOWED],
    ['fchown to nobody else', calls.chown, [3, SAME, SAME], ALLOWED],
    ['fchown to root', calls.chown, [3, 0, SAME], EPERM],
    ['fchown to another group', calls.chown, [3, SAME, 1000], EPERM],
    ['fchownat to root', calls.at, [3, 0, 0, 100, 0], EPERM],
    ['fchownat to oneself', calls.at, [0, 0, 1000, 100, 0], ALLOWED],
    ['setresuid to root', calls.setresuid, [1000, SAME, 0], EPERM],
    ['setgid to oneself', calls.setgid, [100], ALLOWED],
    ['setgid to another', calls.setgid, [1000], EPERM],
  ])('%s', (_, call, args, answer) => expect(ask(program, audit, call, args)).toBe(answer));
});

test('the calls of x32 are refused, and those of a machine that is not this one', () => {
  const program = systemCallFilter('x64', USER) ?? Buffer.alloc(0);
  expect(ask(program, X86_64, 0x40000000)).toBe(ENOSYS);
  expect(ask(program, AARCH64, 63)).toBe(ENOSYS);
});

test('root asks the kernel itself who may own what', () => {
  const program = systemCallFilter('x64', { uid: 0, gid: 0 }) ?? Buffer.alloc(0);
  expect(ask(program, X86_64, 93, [3, 1000, 1000])).toBe(ALLOWED);
});

test('there is none for a processor whose calls are not known', () => {
  expect(systemCallFilter('riscv64', USER)).toBeUndefined();
});
