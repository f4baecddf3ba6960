import { expect, test } from '@jest/globals';
import { platformProperties } from '../../src/sandbox/platform.js';
import type { Rootfs } from '../../src/sandbox/rootfs.js';

const rootfs: Rootfs = {
  root: undefined,
  identity: 'host-1',
  parts: {},
  binds: [{ source: '/usr', target: '/usr', kind: 'directory' }],
  links: [],
  cut: [],
  bySize: [],
  hidden: [],
  withheld: [],
  path: [],
  environment: {},
};
const plain = { network: 'off', properties: [], cpuFeatures: undefined } as const;

test('what nobody asked for is not there', () => {
  expect(platformProperties(rootfs, plain).map(([name]) => name)).toEqual(['OSFamily', 'ISA', 'inject']);
});

test("the network, the processor's features and the user's own are", () => {
  const asked = { network: 'on', properties: [['pool', 'big']], cpuFeatures: 'abc' } as const;
  expect(platformProperties(rootfs, asked).slice(3)).toEqual([
    ['network', 'on'],
    ['cpuFeatures', 'abc'],
    ['pool', 'big'],
  ]);
});
