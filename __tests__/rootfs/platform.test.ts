import { expect, test } from '@jest/globals';
import { platformProperties } from '../../src/rootfs/platform.js';
import type { Rootfs } from '../../src/rootfs/rootfs.js';

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
const user = { uid: 1000, gid: 100 };
const plain = { network: 'off', user, properties: [], cpuFeatures: undefined } as const;

test('what nobody asked for is not there', () => {
  const properties = platformProperties(rootfs, plain);
  expect(properties.map(([name]) => name)).toEqual(['OSFamily', 'ISA', 'inject', 'unixUID', 'unixGID']);
  expect(properties.slice(3)).toEqual([
    ['unixUID', '1000'],
    ['unixGID', '100'],
  ]);
});

test("the network, the processor's features and the user's own are", () => {
  const asked = { network: 'on', user, properties: [['pool', 'big']], cpuFeatures: 'abc' } as const;
  expect(platformProperties(rootfs, asked).slice(5)).toEqual([
    ['network', 'on'],
    ['cpuFeatures', 'abc'],
    ['pool', 'big'],
  ]);
});
