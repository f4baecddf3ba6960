import { expect, test } from '@jest/globals';
import { Fault } from '../../src/errors.js';
import { cpuFeatures } from '../../src/rootfs/cpu-features.js';

const processor = (number: number, flags: string, mhz = '2000.000') =>
  [
    `processor\t: ${number}`,
    'vendor_id\t: GenuineIntel',
    'model\t\t: 106',
    `cpu MHz\t\t: ${mhz}`,
    'cache size\t: 55296 KB',
    `flags\t\t: ${flags}`,
    '',
    '',
  ].join('\n');

test('more processors of one kind, another clock and another order are the same', () => {
  const one = cpuFeatures(processor(0, 'sse2 avx2'));
  expect(cpuFeatures(processor(0, 'avx2 sse2', '3100.123') + processor(1, 'sse2 avx2'))).toBe(one);
});

test('one feature more or less is another', () => {
  expect(cpuFeatures(processor(0, 'sse2 avx2 avx512f'))).not.toBe(cpuFeatures(processor(0, 'sse2 avx2')));
});

test('Arm tells them in other words', () => {
  const arm = (features: string) => `processor\t: 0\nFeatures\t: ${features}\nCPU part\t: 0xd40\n`;
  expect(cpuFeatures(arm('fp asimd sve'))).not.toBe(cpuFeatures(arm('fp asimd')));
});

test('where nothing tells them, that is a fault and no feature', () => {
  expect(() => cpuFeatures('processor\t: 0\nflags\t: \n')).toThrow(Fault);
});
