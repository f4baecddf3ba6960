import { describe, expect, test } from '@jest/globals';
import { openFencedLog } from '../../../src/host/github/fenced-log.js';
import { LogReader } from '../../e2e/runner-model/workflow-commands.js';

function open() {
  const chunks: Buffer[] = [];
  const write = (bytes: Buffer | string) => {
    chunks.push(Buffer.from(bytes));
    return Promise.resolve();
  };
  const output: Buffer[] = [];
  let closes = 0;
  const log = openFencedLog({
    title: 'Building make',
    startGroup: (title) => void write(`::group::${title}\n`),
    endGroup: () => void write('::endgroup::\n'),
    write,
    onOutput: (bytes) => output.push(bytes),
    onClose: () => void (closes += 1),
  });
  const text = () => Buffer.concat(chunks).toString();
  const read = () => {
    const reader = new LogReader();
    for (const line of text().split(/\r\n|\n|\r/)) reader.line(line);
    return reader.result();
  };
  return { log, text, read, closes: () => closes, output: () => Buffer.concat(output).toString() };
}

describe('the fence', () => {
  test.each([
    ['a command', '::error::x\n'],
    ['an indented command', '  \t::set-output name=result::hit\n'],
    ['a command of the old kind', 'text ##[add-mask]secret\n'],
    ['a command after a carriage return', 'x\r::error::x\r'],
    ['another fence', '::stop-commands::t\n::t::\n::error::x\n'],
    ['the end of the group', '::endgroup::\n'],
    ['a guess at the token', '::00000000000000000000000000000000::\n::error::x\n'],
    ['no newline at its end', '::error::x'],
    ['bytes that are no text', '\u0000\ufffd\n'],
    ['nothing', ''],
  ])('holds %s', async (_name, output) => {
    const fenced = open();
    await fenced.log.stdout(Buffer.from(output));
    await fenced.log.stderr(Buffer.from(output));
    fenced.log.close();
    const { commands, fenced: stillFenced, annotations } = fenced.read();
    expect(commands.map(({ command }) => command)).toEqual(['group', 'stop-commands', 'endgroup']);
    expect([stillFenced, annotations]).toEqual([false, []]);
  });

  test('has a new token of 128 bits each time', () => {
    const tokens = [open(), open()].map(
      (fenced) => /::stop-commands::([0-9a-f]{32})\n/.exec(fenced.text())?.[1],
    );
    expect(new Set(tokens).size).toBe(2);
    expect(tokens).not.toContain(undefined);
  });

  test('is closed once', () => {
    const fenced = open();
    fenced.log.close();
    const text = fenced.text();
    fenced.log.close();
    expect([fenced.text(), fenced.closes()]).toEqual([text, 1]);
  });
});

test('lines of the two streams come as they end, and are not mixed', async () => {
  const fenced = open();
  await fenced.log.stdout(Buffer.from('cc -c'));
  await fenced.log.stderr(Buffer.from('x.c:1: warn'));
  await fenced.log.stdout(Buffer.from(' x.c\ncc -c y.c\nlin'));
  await fenced.log.stderr(Buffer.from('ing\n'));
  fenced.log.close();
  expect(fenced.output()).toBe('cc -c x.c\ncc -c y.c\nx.c:1: warning\nlin\n');
});

test('a line without an end is not held back for ever', async () => {
  const fenced = open();
  await fenced.log.stdout(Buffer.alloc(40_000, 'x'));
  expect(fenced.output().length).toBe(0);
  await fenced.log.stdout(Buffer.alloc(40_000, 'x'));
  expect(fenced.output().length).toBe(80_001);
});
