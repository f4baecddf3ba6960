import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { writePatiently } from '../../src/host/write-patiently.js';

/** A stream of ten bytes whose reader takes a chunk when it is told to. */
function slowStream() {
  const taken: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 10,
    write: (_chunk, _encoding, done) => void taken.push(done),
  });
  stream.on('error', () => undefined);
  return { stream, take: () => taken.shift()?.() };
}

/** Whether a promise is fulfilled within a moment. */
function isFulfilled(promise: Promise<void>): Promise<boolean> {
  return Promise.race([promise.then(() => true), sleep(20, false)]);
}

test('what there is room for is not waited for', async () => {
  const { stream } = slowStream();
  expect(await isFulfilled(writePatiently(stream, Buffer.alloc(5)))).toBe(true);
});

test('what there is no room for waits for the reader', async () => {
  const { stream, take } = slowStream();
  const writing = writePatiently(stream, Buffer.alloc(50));
  expect(await isFulfilled(writing)).toBe(false);
  take();
  expect(await isFulfilled(writing)).toBe(true);
});

test.each(['before', 'meanwhile'])('an abort %s ends the wait', async (when) => {
  const { stream } = slowStream();
  const controller = new AbortController();
  if (when === 'before') controller.abort();
  const writing = writePatiently(stream, Buffer.alloc(50), controller.signal);
  if (when === 'meanwhile') {
    expect(await isFulfilled(writing)).toBe(false);
    controller.abort();
  }
  expect(await isFulfilled(writing)).toBe(true);
});

test.each(['before', 'meanwhile'])('a reader that goes %s is not waited for', async (when) => {
  const { stream } = slowStream();
  if (when === 'before') stream.destroy();
  const writing = writePatiently(stream, Buffer.alloc(50));
  if (when === 'meanwhile') stream.destroy(new Error('EPIPE'));
  expect(await isFulfilled(writing)).toBe(true);
});
