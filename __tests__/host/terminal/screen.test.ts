import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Screen } from '../../../src/host/terminal/screen.js';
import { FakeStream, screenOf } from './fake-terminal.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function terminal(columns = 80) {
  const chunks: Buffer[] = [];
  const both = (chunk: Buffer) => void chunks.push(chunk);
  const streams = {
    stdout: new FakeStream(true, columns, both),
    stderr: new FakeStream(true, columns, both),
  };
  return { screen: new Screen(streams, true), shown: () => screenOf(Buffer.concat(chunks).toString()) };
}

describe('progress', () => {
  test('is one line that is rewritten, and told with its time once it lasts', () => {
    const { screen, shown } = terminal();
    screen.progress('digesting');
    jest.advanceTimersByTime(200);
    expect(shown()).toBe('');
    jest.advanceTimersByTime(200);
    expect(shown()).toBe('… digesting');
    jest.advanceTimersByTime(3000);
    expect(shown()).toBe('… digesting · 3 s');
    screen.progress('up');
    expect(shown()).toBe('… up');
    screen.endProgress();
    expect(shown()).toBe('');
  });

  test('is put into other words without beginning anew', () => {
    const { screen, shown } = terminal();
    screen.reword('nothing to be reworded');
    screen.progress('fetching');
    screen.reword('fetching: 1 blob');
    jest.advanceTimersByTime(400);
    expect(shown()).toBe('… fetching: 1 blob');
    screen.reword('fetching: 2 blobs');
    jest.advanceTimersByTime(3000);
    expect(shown()).toBe('… fetching: 2 blobs · 3 s');
  });

  test('makes room for whatever else is written, and comes back below it', async () => {
    const { screen, shown } = terminal();
    screen.progress('building');
    jest.advanceTimersByTime(400);
    screen.line('stderr', 'warning: x');
    expect(shown()).toBe('warning: x\n');
    jest.advanceTimersByTime(200);
    await screen.pass('stdout', Buffer.from('cc x.c\n'));
    expect(shown()).toBe('warning: x\ncc x.c\n');
    jest.advanceTimersByTime(200);
    expect(shown()).toBe('warning: x\ncc x.c\n… building');
  });

  test('never stands in a line that the build has begun', async () => {
    const { screen, shown } = terminal();
    screen.progress('building');
    await screen.pass('stdout', Buffer.from('checking… '));
    jest.advanceTimersByTime(5000);
    expect(shown()).toBe('checking… ');
    await screen.pass('stdout', Buffer.from('yes\nno newline'));
    screen.endProgress();
    screen.line('stderr', 'done');
    expect(shown()).toBe('checking… yes\nno newline\ndone\n');
  });

  test.each([1, 2, 5, 12])('fits into %d columns', (columns) => {
    const { screen, shown } = terminal(columns);
    screen.progress('capturing 日本語 inputs');
    jest.advanceTimersByTime(10_000);
    expect(shown().length).toBeLessThan(columns);
  });

  test('is drawn neither on a pipe nor after its end', async () => {
    const streams = { stdout: new FakeStream(false), stderr: new FakeStream(false) };
    const screen = new Screen(streams, false);
    screen.progress('building');
    jest.advanceTimersByTime(5000);
    await screen.pass('stdout', Buffer.from([0, 255, 13]));
    expect([streams.stdout.text().length, streams.stderr.text()]).toEqual([
      Buffer.from([0, 255, 13]).toString().length,
      '',
    ]);
    const { screen: ended, shown } = terminal();
    ended.progress('x');
    ended.endProgress();
    jest.advanceTimersByTime(5000);
    expect(shown()).toBe('');
  });
});
