import { expect, test } from '@jest/globals';
import { readKernelFiles, sortKernelFiles, type ProcEntry } from '../../src/rootfs/kernel-files.js';

const file = (name: string, mode: number): ProcEntry => ({ name, kind: 'file', mode });
const folder = (name: string): ProcEntry => ({ name, kind: 'directory', mode: 0o555 });

test('folders and what can be written are read-only, what only root may read is hidden', () => {
  expect(
    sortKernelFiles([
      folder('1'),
      folder('sys'),
      folder('acpi'),
      { name: 'self', kind: 'link', mode: 0o777 },
      file('cpuinfo', 0o444),
      file('mtrr', 0o644),
      file('kcore', 0o400),
      file('sysrq-trigger', 0o200),
      file('keys', 0o444),
      // A container puts /dev/null in place of what it hides.
      { name: 'timer_list', kind: 'other', mode: 0o666 },
    ]),
  ).toEqual({
    readOnly: ['/proc/sys', '/proc/acpi', '/proc/mtrr'],
    hidden: ['/proc/kcore', '/proc/sysrq-trigger', '/proc/keys', '/proc/timer_list'],
  });
});

test('of this machine they are all there, and no process is among them', async () => {
  const { readOnly, hidden } = await readKernelFiles();
  expect(readOnly).toEqual(expect.arrayContaining(['/proc/sys', '/proc/bus', '/proc/fs']));
  expect([...readOnly, ...hidden].filter((path) => /^\/proc\/(\d+|self|thread-self)$/.test(path))).toEqual(
    [],
  );
});
