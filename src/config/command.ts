import { InputError } from '../errors.js';

const SHELLS: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c'],
  sh: ['sh', '-e', '-c'],
};

const TITLE_LENGTH = 100;

export interface BuildCommand {
  readonly argv: readonly string[];
  readonly title: string;
}

/** Puts the script and its shell together, or takes the command as it is given after `--`. */
export function parseCommand(script: string, shell: string, argv: readonly string[]): BuildCommand {
  if (argv.length > 0) {
    if (script !== '')
      throw new InputError('run', script, 'Give either a script or a command after `--`, not both.');
    return { argv, title: shorten(argv.map(quote).join(' ')) };
  }
  if (script.trim() === '') {
    throw new InputError(
      'run',
      script,
      'Give the script to build with, or on the command line a command after `--`.',
    );
  }
  const words = shell.split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) {
    throw new InputError(
      'shell',
      shell,
      'Give `bash`, `sh`, or a command that takes the script as its last argument.',
    );
  }
  const prefix = SHELLS[shell] ?? words;
  return { argv: [...prefix, script], title: shorten(script.trim()) };
}

function quote(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function shorten(text: string): string {
  const [line = '', ...more] = text.split('\n');
  const cut = line.length > TITLE_LENGTH ? line.slice(0, TITLE_LENGTH) : line;
  return cut.length < line.length || more.length > 0 ? `${cut} …` : cut;
}
