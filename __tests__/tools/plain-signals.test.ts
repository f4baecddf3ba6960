import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { plainSignals } from '../../src/tools/plain-signals.js';
import { inTemporaryFolder, makeContext, writeProgram } from './support.js';

/** An `env` that knows less than GNU's. */
const OLD_ENV = 'case $1 in --*) exit 125;; esac; exec "$@"';
/** Ends with the line of /proc/self/status that tells what is ignored. */
const TELL = ['/bin/sh', '-c', 'grep SigIgn /proc/self/status'];
/** Starts a command with a broken pipe ignored, as buildbox-run does. */
const IGNORING = ['/bin/sh', '-c', 'trap "" PIPE; exec "$@"', 'sh'];

test.each(['env', 'perl', 'python3'])('%s does it where nothing before it is able to', (name) =>
  inTemporaryFolder(async (folder) => {
    const real = join('/usr/bin', name); // Not a version manager's, which is a script that needs others.
    if (!existsSync(real)) return;
    if (name !== 'env') await writeProgram(folder, 'env', OLD_ENV);
    await symlink(real, join(folder, name));
    const { machine, signal } = makeContext(folder, { path: [folder] });
    const found = await plainSignals(machine, signal);
    expect(basename(found[0] ?? '')).toBe(name);
    const [program = '', ...words] = [...IGNORING, ...found, ...TELL];
    expect(execFileSync(program, words).toString()).toBe(`SigIgn:\t${'0'.repeat(16)}\n`);
  }),
);

test('nothing is put before a command where none is able to', () =>
  inTemporaryFolder(async (folder) => {
    await writeProgram(folder, 'env', OLD_ENV);
    const { machine, signal } = makeContext(folder, { path: [folder] });
    expect(await plainSignals(machine, signal)).toEqual([]);
  }));
