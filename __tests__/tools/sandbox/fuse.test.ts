import { describe, expect, test } from '@jest/globals';
import { type FuseFacts, hasSysAdmin, fuseObstacle } from '../../../src/tools/sandbox/fuse.js';

const USER: FuseFacts = {
  uid: 1001,
  program: true,
  device: undefined,
  fusermount: { file: '/usr/bin/fusermount3', setuid: true },
  canMount: false,
  noNewPrivileges: false,
};
const ROOT: FuseFacts = { ...USER, uid: 0, canMount: true };

describe('what keeps inputs from being mounted', () => {
  test.each<[string, FuseFacts, RegExp | null]>([
    ['an ordinary user with all of it', USER, null],
    ['root', ROOT, null],
    ['root without fusermount3', { ...ROOT, fusermount: undefined }, null],
    [
      'root with a fusermount3 that has no setuid bit',
      { ...ROOT, fusermount: { file: '/f', setuid: false } },
      null,
    ],
    ['no buildbox-fuse', { ...ROOT, program: false }, /no buildbox-fuse/],
    ['no device', { ...ROOT, device: 'there is no /dev/fuse' }, /there is no \/dev\/fuse/],
    ['root of a container', { ...ROOT, canMount: false }, /CAP_SYS_ADMIN/],
    ['no fusermount3', { ...USER, fusermount: undefined }, /fusermount3 is not on PATH \(package fuse3\)/],
    [
      'a fusermount3 without its bit first on PATH',
      { ...USER, fusermount: { file: '/opt/bin/fusermount3', setuid: false } },
      /\/opt\/bin\/fusermount3, the first on PATH, has no setuid bit/,
    ],
    ['no new privileges', { ...USER, noNewPrivileges: true }, /no_new_privs/],
  ])('%s', (_, facts, expected) => {
    const reason = fuseObstacle(facts);
    if (expected === null) expect(reason).toBeNull();
    else {
      expect(reason).toMatch(expected);
      expect(reason).not.toContain('\n');
    }
  });
});

test.each([
  ['CapEff:\t000001ffffffffff\n', true],
  ['CapEff:\t00000000a80425fb\n', false],
  ['CapEff:\t0000000000200000\n', true],
  ['', false],
])('%j has the capability to mount: %s', (status, expected) => {
  expect(hasSysAdmin(status)).toBe(expected);
});
