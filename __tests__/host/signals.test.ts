import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transformFile } from '@swc/core';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Cleans up for a while once it is cancelled, and ends with the cancel's exit code. */
const PROGRAM = `
import { cancelOnSignals } from './host/signals.js';
const signal = cancelOnSignals((text) => console.log(text));
signal.addEventListener('abort', () => {
  console.log(signal.reason.message);
  setTimeout(() => {
    process.exitCode = signal.reason.exitCode;
    console.log('clean');
    clearInterval(work);
  }, 300);
});
const work = setInterval(() => undefined, 1000);
console.log('ready');
`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signals-'));
  await mkdir(join(folder, 'host'));
  for (const name of ['errors', 'host/signals']) {
    const jsc = { target: 'es2022', parser: { syntax: 'typescript' } } as const;
    const { code } = await transformFile(`src/${name}.ts`, { swcrc: false, module: { type: 'es6' }, jsc });
    await writeFile(join(folder, `${name}.js`), code);
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await writeFile(join(folder, 'program.js'), PROGRAM);
});

afterAll(() => rm(folder, { recursive: true }));

type Program = ChildProcessByStdio<null, Readable, null>;

function start(): { program: Program; until: (text: string) => Promise<void> } {
  const program = spawn(process.execPath, [join(folder, 'program.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 10_000,
  });
  const printed: string[] = [];
  program.stdout.setEncoding('utf8').on('data', (chunk: string) => printed.push(chunk));
  const until = async (text: string) => {
    while (!printed.join('').includes(text)) await once(program.stdout, 'data');
  };
  return { program, until };
}

describe.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s', (name, exitCode) => {
  test('cancels, with the exit code that goes with it', async () => {
    const { program, until } = start();
    await until('ready');
    program.kill(name);
    await until(`cancelled by ${name}`);
    expect(await once(program, 'exit')).toEqual([exitCode, null]);
  });
});

test('a signal that comes again cuts no clean-up short, and is answered once', async () => {
  const { program, until } = start();
  const printed: string[] = [];
  program.stdout.on('data', (chunk: string) => printed.push(chunk));
  await until('ready');
  program.kill('SIGINT');
  await until('cancelled by SIGINT');
  for (const name of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
    program.kill(name);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  expect(await once(program, 'exit')).toEqual([130, null]);
  expect(printed.join('').split('\n')).toEqual([
    'ready',
    'cancelled by SIGINT',
    'cancelled already: cleaning up, this takes a few seconds',
    'clean',
    '',
  ]);
});
