import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { contentDigest, digestAside, WHOLE } from '../../../src/rootfs/toolchain/file-content.js';
import { FakeMachine } from '../fake-machine.js';

const LARGE = 9 * 1024 * 1024;

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

async function digest(content: Buffer): Promise<string> {
  await machine.write('/file', content);
  return contentDigest({ root: machine.root }, '/file', statSync(machine.at('/file')).size);
}

test('a file is read whole', async () => {
  const content = Buffer.from('content');
  expect(await digest(content)).toBe(createHash('sha256').update(content).digest('hex'));
});

test('of a large file, the first and the last byte and the size count', async () => {
  const content = Buffer.alloc(LARGE, 1);
  const before = await digest(content);
  const changes = [Buffer.from(content), Buffer.from(content), Buffer.alloc(LARGE + 1, 1)];
  changes[0]?.writeUInt8(2, 0);
  changes[1]?.writeUInt8(2, LARGE - 1);
  for (const changed of changes) expect(await digest(changed)).not.toBe(before);
  expect(await digest(Buffer.alloc(LARGE, 1))).toBe(before);
});

test('another thread reads the same, whatever it read before', async () => {
  const space = Buffer.alloc(WHOLE);
  for (const length of [WHOLE, 3_000_000, 1]) {
    const here = await digest(Buffer.alloc(length, length));
    expect(await digestAside({ root: machine.root }, '/file', space)).toBe(here);
  }
});

test('a file that is not there is unreadable', async () => {
  const tree = { root: machine.root };
  expect(contentDigest(tree, '/nothing', 1)).toBe('unreadable');
  expect(await digestAside(tree, '/nothing', Buffer.alloc(1))).toBe('unreadable');
});
