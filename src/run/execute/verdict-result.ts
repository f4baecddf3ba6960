import { ActionResult } from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { SandboxLimits } from '../../sandbox/runner.js';
import { formatBytes } from '../../report/format-quantity.js';
import type { Left, Verdict } from './verdict.js';

/** What a shell exits with for a command that it does not find (POSIX, 2.8.2). */
const EXIT_NOT_FOUND = 127;
/** 128 + SIGKILL, by which a build ends that is out of time. */
const EXIT_KILLED = 137;
/** Of a build whose command went well, but whose outputs are not what was declared. */
export const EXIT_BAD_OUTPUTS = 1;

export interface VerdictResult {
  readonly result: ActionResult;
  /** Why the build failed, where its exit code alone does not say it. */
  readonly failure: string | null;
}

/**
 * Puts a verdict into the words of REAPI.
 *
 * @param workingDirectory relative to the input root; the paths of outputs are relative to it
 */
export function readVerdict(
  verdict: Exclude<Verdict, { kind: 'not-mounted' }>,
  { timeout, processes, memory = 0 }: SandboxLimits,
  workingDirectory: string,
): VerdictResult {
  switch (verdict.kind) {
    case 'ended':
      return ended(verdict, workingDirectory);
    case 'timed-out':
      return stopped(
        verdict,
        workingDirectory,
        `the build did not end within its timeout of ${timeout / 1000} s`,
      );
    case 'too-many-processes':
      return stopped(
        verdict,
        workingDirectory,
        `the build was ended because it had more than ${processes} processes and threads at a time (\`processes\`)`,
      );
    case 'too-much-memory':
      return stopped(
        verdict,
        workingDirectory,
        `the build was ended because it needed more memory than ${formatBytes(memory)} (\`memory\`)`,
      );
    case 'not-found':
      return failed(EXIT_NOT_FOUND, notFoundWords(verdict.command));
    case 'odd-output':
      return failed(EXIT_BAD_OUTPUTS, oddWords([verdict.path], workingDirectory));
  }
}

/** A whole script where a program's name belongs is a habit of those who come from `bash -c`. */
function notFoundWords(command: string): string {
  const words = `${command}: there is no such command in the sandbox`;
  return /\s/.test(command) ? `${words}; a script is given with \`--run\`, a command without quotes` : words;
}

function failed(exitCode: number, failure: string): VerdictResult {
  return { result: ActionResult.fromPartial({ exitCode }), failure };
}

function ended(left: Left, workingDirectory: string): VerdictResult {
  const result = withLinks(left, workingDirectory);
  if (left.odd.length === 0) return { result, failure: null };
  const exitCode = result.exitCode === 0 ? EXIT_BAD_OUTPUTS : result.exitCode;
  return { result: { ...result, exitCode }, failure: oddWords(left.odd, workingDirectory) };
}

/** What it left until then stays in its result. */
function stopped(left: Left, workingDirectory: string, why: string): VerdictResult {
  const failure = left.odd.length === 0 ? why : `${why}; ${oddWords(left.odd, workingDirectory)}`;
  return { result: { ...withLinks(left, workingDirectory), exitCode: EXIT_KILLED }, failure };
}

function oddWords(paths: readonly string[], workingDirectory: string): string {
  return paths
    .map(
      (path) =>
        `the output ${inWorkingDirectory(path, workingDirectory)} is neither a file nor a folder nor a symlink`,
    )
    .join('; ');
}

function withLinks({ result, links }: Left, workingDirectory: string): ActionResult {
  const outputSymlinks = links.map(({ path, target }) => ({
    path: inWorkingDirectory(path, workingDirectory),
    target,
    nodeProperties: undefined,
  }));
  return { ...result, outputSymlinks: [...result.outputSymlinks, ...outputSymlinks] };
}

function inWorkingDirectory(path: string, workingDirectory: string): string {
  return path.startsWith(`${workingDirectory}/`) ? path.slice(workingDirectory.length + 1) : path;
}
