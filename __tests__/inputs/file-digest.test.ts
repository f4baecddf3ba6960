import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Cancelled } from '../../src/errors.js';
import { digestAtOnce, digestPatiently, fileReader } from '../../src/inputs/file-digest.js';
import { readInputs } from '../../src/inputs/input-tree.js';
import { DigestCache } from '../../src/digests/digest-cache.js';
import { containing, machineAt, newRepository, requestFor, useScratch, write } from './checkout.js';

const scratch = useScratch();
const at = (path: string) => join(scratch.path, path);
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');
const newReader = async (signal = new AbortController().signal) =>
  fileReader(await DigestCache.open(at('memory')), signal);
const longAgo = (path: string) => utimesSync(path, 1000, 1000);
const settle = () => new Promise((resolve) => setTimeout(resolve, 150));

describe('a digest', () => {
  test.each([0, 1, 4096, 262_143, 262_144])('of %d bytes is there at once', async (size) => {
    const content = Buffer.alloc(size, 'x');
    writeFileSync(at('file'), content);
    expect(digestAtOnce(await newReader(), at('file'), lstatSync(at('file')))).toBe(sha256(content));
  });

  test.each([0, 262_145, 1_048_576, 1_048_577, 5_000_000])('of %d bytes is read in chunks', async (size) => {
    const content = Buffer.alloc(size, 'x');
    content.write('begin');
    content.write('end', Math.max(0, size - 3));
    writeFileSync(at('file'), content);
    const reader = await newReader();
    const { hash, status } = await digestPatiently(reader, at('file'), () => lstatSync(at('file')));
    expect(hash).toBe(sha256(content));
    expect(status.size).toBe(size);
    if (size > 262_144) expect(digestAtOnce(reader, at('file'), lstatSync(at('file')))).toBeUndefined();
  });

  test('of a huge file takes no memory to speak of', async () => {
    const file = openSync(at('file'), 'w');
    ftruncateSync(file, 256 << 20);
    closeSync(file);
    const before = process.memoryUsage().rss;
    const { hash } = await digestPatiently(await newReader(), at('file'), () => lstatSync(at('file')));
    expect(process.memoryUsage().rss - before).toBeLessThan(64 << 20);
    const [expected] = execFileSync('sha256sum', [at('file')], { encoding: 'utf8' }).split(' ');
    expect(hash).toBe(expected);
  });
});

describe('a file that is not what it was', () => {
  test.each([
    ['grown', () => appendFileSync(at('file'), 'more')],
    ['shorter', () => writeFileSync(at('file'), 'x')],
    ['gone', () => rmSync(at('file'))],
    ['written anew with the same size', () => writeFileSync(at('file'), 'nEw')],
    [
      'another',
      () => {
        writeFileSync(at('other'), 'oth');
        longAgo(at('other'));
        renameSync(at('other'), at('file'));
      },
    ],
    [
      'a link',
      () => {
        rmSync(at('file'));
        symlinkSync('/etc/passwd', at('file'));
      },
    ],
    [
      'a pipe',
      () => {
        rmSync(at('file'));
        execFileSync('mkfifo', [at('file')]);
      },
    ],
  ])('has no digest at once: %s', async (_, change) => {
    writeFileSync(at('file'), 'old');
    longAgo(at('file'));
    const status = lstatSync(at('file'));
    change();
    expect(digestAtOnce(await newReader(), at('file'), status)).toBeUndefined();
  });

  test('is read again until it stands still', async () => {
    writeFileSync(at('file'), 'old');
    let calls = 0;
    const read = await digestPatiently(await newReader(), at('file'), () => {
      const status = lstatSync(at('file'));
      if (++calls < 3) appendFileSync(at('file'), 'more');
      return status;
    });
    expect(read.hash).toBe(sha256('oldmoremore'));
    expect(read.status.size).toBe(11);
  });

  test.each([
    ['never stands still', () => appendFileSync(at('file'), 'more')],
    ['stays away', () => rmSync(at('file'), { force: true })],
  ])('and %s is a fault that names it', async (_, change) => {
    writeFileSync(at('file'), 'old');
    const statusNow = () => {
      const status = lstatSync(at('file'), { throwIfNoEntry: false });
      change();
      return status;
    };
    await expect(digestPatiently(await newReader(), at('file'), statusNow)).rejects.toMatchObject({
      name: 'Fault',
      message: containing(at('file')),
    });
  });
});

describe('the memory', () => {
  test('spares reading a file that is unchanged, small or large', async () => {
    newRepository(at('repo'), { small: 'small', large: 'l'.repeat(300_000) });
    await settle();
    const memory = await DigestCache.open(at('memory'));
    const request = await requestFor(machineAt(at('repo'), scratch.path), { memory });
    const first = await readInputs(request);
    await memory.save();

    const reopened = await DigestCache.open(at('memory'));
    for (const name of ['small', 'large']) {
      expect(reopened.recall(at(`repo/${name}`), lstatSync(at(`repo/${name}`)))).toMatch(/^[0-9a-f]{64}$/);
    }
    reopened.remember(at('repo/small'), lstatSync(at('repo/small')), 'f'.repeat(64));
    await reopened.save();
    const told = await readInputs({ ...request, memory: await DigestCache.open(at('memory')) });
    const hashes = told.nodes.map((node) => (node.kind === 'file' ? node.digest.hash : ''));
    expect(hashes).toEqual([sha256('l'.repeat(300_000)), 'f'.repeat(64)]);

    write(at('repo'), { small: 'SMALL' });
    const changed = await readInputs({ ...request, memory: await DigestCache.open(at('memory')) });
    expect(changed.nodes[1]).toMatchObject({ digest: { hash: sha256('SMALL'), sizeBytes: 5 } });
    expect(changed.nodes[0]).toEqual(first.nodes[0]);
  });
});

describe('a cancel', () => {
  test('ends the reading of a large file', async () => {
    const file = openSync(at('file'), 'w');
    ftruncateSync(file, 1 << 30);
    closeSync(file);
    const controller = new AbortController();
    const reader = await newReader(controller.signal);
    const reading = digestPatiently(reader, at('file'), () => lstatSync(at('file')));
    setTimeout(() => controller.abort(new Cancelled('SIGINT')), 10);
    await expect(reading).rejects.toMatchObject({ name: 'Cancelled', signal: 'SIGINT' });
  });

  test('ends everything, at once or later', async () => {
    const files = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`f${i}`, 'x'.repeat(20_000)]));
    write(at('folder'), files);
    for (const delay of [0, 5, 20]) {
      const controller = new AbortController();
      const request = await requestFor(machineAt(at('folder'), scratch.path), { signal: controller.signal });
      if (delay === 0) controller.abort(new Cancelled('SIGTERM'));
      else setTimeout(() => controller.abort(new Cancelled('SIGTERM')), delay);
      await expect(readInputs(request)).rejects.toMatchObject({ name: 'Cancelled', signal: 'SIGTERM' });
    }
  });
});
