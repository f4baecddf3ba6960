import type { Machine } from '../machine.js';
import { runCommand } from '../process/command.js';
import { findProgram } from '../process/own-programs.js';
import { plainEnvironment } from './child-environment.js';

/** What may start a program with the kernel's own answer to a broken pipe, in the order in which it is tried. */
const STARTERS: readonly (readonly [program: string, ...words: string[]])[] = [
  ['env', '--default-signal=PIPE'],
  ['perl', '-e', '$SIG{PIPE} = "DEFAULT"; exec { $ARGV[0] } @ARGV'],
  [
    'python3',
    '-ISc',
    // Python itself ignores SIGXFSZ too.
    'import os, signal as s, sys; [s.signal(n, s.SIG_DFL) for n in (s.SIGPIPE, s.SIGXFSZ)]; os.execv(sys.argv[1], sys.argv[1:])',
  ],
];

const DEADLINE = 15_000;

/**
 * What to put before a command whose parent ignores SIGPIPE, as buildbox-run does: what is ignored stays so for all
 * children, no shell can change it for itself, and `yes | head` ends with words on stderr. Not every `env` is able to,
 * so each is tried; empty where nothing here is.
 */
export async function plainSignals(machine: Machine, signal: AbortSignal): Promise<readonly string[]> {
  for (const [name, ...words] of STARTERS) {
    const program = findProgram(name, machine);
    if (program === undefined) continue;
    const command = [program, ...words];
    const { exitCode } = await runCommand([...command, '/bin/sh', '-c', ':'], {
      environment: plainEnvironment(machine),
      deadline: DEADLINE,
      signal,
    });
    if (exitCode === 0) return command;
  }
  return [];
}
