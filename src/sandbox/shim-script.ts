import { join } from 'node:path';
import type { BrakeMeans } from './process-brake.js';
import { HOME, WORKSPACE } from '../rootfs/layout.js';
import { quote } from './quote.js';
import { accountLines, type ShimAccounts } from './shim-accounts.js';

/** The files of a shim, all below one folder. */
export interface ShimFiles {
  /** What bubblewrap and the shim say: see `readStatus`. */
  readonly status: string;
  /** A folder that takes the target of each output that is a symlink, by the output's place in the list. */
  readonly links: string;
  /** The seccomp program; undefined where the kernel takes none. */
  readonly filter: string | undefined;
  /** Two pipes for the shim alone, between bubblewrap and what puts a limit on its child. */
  readonly pipes: { readonly child: string; readonly go: string };
}

export interface ShimRequest {
  readonly bwrap: string;
  /** What bubblewrap is started by, if not directly: see `withOwnProc`. */
  readonly launcher: readonly string[];
  readonly staging: 'fuse' | 'copy';
  /** Whether modes keep nobody from reading, because root does. */
  readonly root: boolean;
  /** The declared outputs, relative to the root of the sandbox. */
  readonly outputs: readonly string[];
  /** How many words the build's own command has: the last ones that bubblewrap is given. */
  readonly commandLength: number;
  /** What it does about the accounts of a root file system; undefined where ours are in the input root. */
  readonly accounts: ShimAccounts | undefined;
  /** What is said to bubblewrap after all that buildbox-run says, before the command. */
  readonly options: readonly string[];
  /** The folder of this machine that is the build's home. */
  readonly home: string;
  /** What keeps the sandbox from too many processes; undefined where nothing can. */
  readonly brake: BrakeMeans | undefined;
  /** The control group that holds it to its memory; undefined where there is no such limit. */
  readonly memoryGroup: string | undefined;
}

/** Ends the name of the file that is written for an output which is neither a file nor a folder nor a symlink. */
export const ODD = '.odd';

/** Linux' number for FUSE, as `stat -f -c %t` prints it (statfs(2)). */
const FUSE = '65735546';

/** Seconds that a file system whose server was stopped may take to answer. */
const ANSWER = 5;

const OPEN_FILES = 16_384;

/** casd makes the folders of a copy writable for everybody, those of a mount not. */
const MODES_OF_FOLDERS = 'find "$root" -type d -perm -022 -exec chmod 755 {} +';

/**
 * The shell's own words must not stand in the build's output, so its stderr is closed and bubblewrap gets the real one.
 * The build itself has one umask and no core files, whatever those of the job are. Node raises what a process may have
 * open to all that it is allowed, and its children inherit that; where it is a billion, programs that close or list
 * them all stand still.
 */
export function shimScript(files: ShimFiles, request: ShimRequest): string {
  const { bwrap, launcher, outputs, commandLength, staging } = request;
  const options = [...request.options.map(quote), ...writableFolders(staging, request.home)].join(' ');
  const brake = brakeWords(files, request.brake);
  // Without it there would be no limit, so nothing is started.
  const entering = request.memoryGroup === undefined ? '' : `${enteringWords(request.memoryGroup)} || exit; `;
  const [seccomp, program] =
    files.filter === undefined ? ['', ''] : [' --seccomp 8', ` 8<${quote(files.filter)}`];
  return [
    '#!/bin/sh',
    `exec 9>>${quote(files.status)} 7>&2 2>/dev/null`,
    'umask 022; ulimit -c 0',
    `[ "$(ulimit -S -n)" -le ${OPEN_FILES} ] || ulimit -S -n ${OPEN_FILES}`,
    // The staged tree is what buildbox-run binds to the root, before anything else.
    'i=0',
    'for word; do',
    '  i=$((i + 1))',
    '  if [ "$before" = --bind ] && [ -z "$root" ]; then root=$word; fi',
    '  if [ "$before" = --chdir ]; then [ "${word#/}" != "$word" ] || chdir=$i; break; fi',
    '  before=$word',
    'done',
    `look() { timeout -s KILL ${ANSWER} stat "$@" -- "$root"; }`,
    'began=$(look -c %d:%i)',
    ...(staging === 'copy' ? [MODES_OF_FOLDERS] : []),
    ...accountLines(request.accounts),
    // Ours come between buildbox-run's own words and the command. What it changes to becomes the build's PWD as it stands.
    `i=0 own=$(($# - ${commandLength})) words=`,
    'while [ $i -lt $# ]; do',
    '  i=$((i + 1)); [ $i = "$chdir" ] && slash=/ || slash=',
    '  words="$words \\"$slash\\${$i}\\""',
    `  [ $i -ne $own ] || words="$words "${quote(options)}" $accounts"`,
    'done',
    'eval "set -- $words"',
    // In a shell of its own: this one would say `Killed` where bubblewrap's words go.
    ...brake.before,
    `(${brake.entering}${entering}exec ${[...launcher, bwrap].map(quote).join(' ')} --json-status-fd 9${seccomp}${brake.options} "$@"${program} 2>&7 7>&-)`,
    'code=$?',
    // Whatever the build said, it is worth nothing if what it was to read was not there to its end.
    // buildbox-run would wait for ever for outputs from a server that was stopped.
    `[ -n "$began" ] && [ "$(look -c %d:%i)" = "$began" ] && ${stillServed(staging)} || { echo lost >&9; kill $PPID; exit; }`,
    'echo "ended $code" >&9',
    ...(request.root ? [] : openingLines(staging, outputs)),
    'take() {',
    '  if [ -L "$root/$1" ]; then readlink -n "$root/$1" >"$2" && rm "$root/$1"',
    `  elif [ -e "$root/$1" ] && [ ! -f "$root/$1" ] && [ ! -d "$root/$1" ]; then : >"$2"${ODD} && rm -f "$root/$1"; fi`,
    '}',
    ...outputs.map((output, i) => takeLine(output, join(files.links, String(i)))),
    'echo over >&9',
    'exit "$code"',
    '',
  ].join('\n');
}

/**
 * A user's limit counts for a process of the sandbox only where it is put on one from outside, after the namespace was
 * made: one of before would hold for all that this user runs. bubblewrap tells its child, which waits until the other
 * pipe is closed, and that is whatever becomes of the one who has it open.
 */
function brakeWords({ pipes }: ShimFiles, means: BrakeMeans | undefined) {
  const none = { before: [], entering: '', options: '' };
  if (means === undefined) return none;
  if (means.kind === 'group') return { ...none, entering: `${enteringWords(means.folder)}; ` };
  const [child, go] = [quote(pipes.child), quote(pipes.go)];
  const limit = `${quote(means.prlimit)} --pid "\${pid%,}" --nproc=${means.most}`;
  return {
    ...none,
    before: [
      `mkfifo ${child} ${go}`,
      `while read -r name pid; do [ "$name" != '"child-pid":' ] || ${limit}; done 4>${go} <${child} >/dev/null 7>&- 9>&- &`,
    ],
    // Before all that may fail: the other side waits for it.
    entering: `exec 4<${go} 5>${child}; `,
    options: ' --info-fd 5 --block-fd 4',
  };
}

function enteringWords(group: string): string {
  return `echo 0 >${quote(`${group}/cgroup.procs`)}`;
}

function stillServed(staging: 'fuse' | 'copy'): string {
  return staging === 'fuse' ? `[ "$(look -f -c %t)" = ${FUSE} ]` : 'look -f >/dev/null';
}

/**
 * What a build made unreadable for its own user, casd can neither capture nor remove. Modes are no part of a result, so
 * they are mended: in a copy wherever a folder is in the way, in a mount, which goes away as a whole, for outputs.
 */
function openingLines(staging: 'fuse' | 'copy', outputs: readonly string[]): readonly string[] {
  const folders = '-type d ! -perm -700 -exec chmod u+rwx {} \\;';
  const files = '-type f ! -perm -400 -exec chmod u+r {} \\;';
  const parents = [...new Set(outputs.flatMap(parentsOf))];
  return [
    ...(staging === 'copy' ? [`find "$root" ${folders}`] : []),
    'open() { [ ! -d "$root/$1" ] || [ -L "$root/$1" ] || { [ -r "$root/$1" ] && [ -x "$root/$1" ]; } || chmod u+rwx "$root/$1"; }',
    ...parents.map((parent) => afterParents(parent, `open ${quote(parent)}`)),
    ...outputs.map((output) => afterParents(output, `find "$root"/${quote(output)} ${folders} -o ${files}`)),
  ];
}

/**
 * Takes out of the staged tree an output that buildbox-run refuses, and for it all others: a symlink, whose target goes
 * to a file, or what is neither a file nor a folder.
 */
function takeLine(output: string, file: string): string {
  return afterParents(output, `take ${quote(output)} ${quote(file)}`);
}

/** A build may have put a symlink to anywhere in place of a folder above its output, which must not be followed. */
function afterParents(output: string, command: string): string {
  return [...parentsOf(output).map((parent) => `[ ! -L "$root"/${quote(parent)} ]`), command].join(' && ');
}

function parentsOf(output: string): readonly string[] {
  const names = output.split('/').slice(0, -1);
  return names.map((_, i) => names.slice(0, i + 1).join('/'));
}

/**
 * bubblewrap's options for the folders that a build may write to beside `/tmp`, as words of the shim, whose `$root` is
 * the staged tree. The home folder is always one of this machine's own, which is faster than a mount. A mounted tree is
 * read-only but for the workspace; a copy is writable all over, and gets the same.
 */
function writableFolders(staging: 'fuse' | 'copy', home: string): readonly string[] {
  return [
    `--bind ${quote(home)} /${HOME}`,
    ...(staging === 'copy' ? [`--bind "$root/${WORKSPACE}" /${WORKSPACE}`, '--remount-ro /'] : []),
  ];
}
