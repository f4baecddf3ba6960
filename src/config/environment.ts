import { InputError } from '../errors.js';

/**
 * Names that carry the job's own credentials or its command files. The environment of a build is stored with its
 * action, so none of these may get there, not even by name.
 */
const RUNNERS_OWN =
  /^(ACTIONS_|INPUT_|STATE_)|^GITHUB_(TOKEN|ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)$|^RUNNER_TRACKING_ID$/;

/**
 * Reads `NAME=value` lines, and `NAME` lines whose value comes from `surroundings`.
 *
 * @throws InputError for a name that is not one, is not set, or is the runner's own.
 */
export function parseEnvironment(
  lines: readonly string[],
  surroundings: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map((line) => parseVariable(line, surroundings)));
}

function parseVariable(line: string, surroundings: Readonly<Record<string, string>>): [string, string] {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/s.exec(line) ?? [];
  if (name === undefined) {
    throw new InputError('env', line.replace(/=.*/s, '=…'), 'Give NAME=value, or NAME to pass it through.');
  }
  if (RUNNERS_OWN.test(name)) {
    throw new InputError(
      'env',
      name,
      "It is the runner's own, and the environment of a build is stored with its action.",
    );
  }
  if (value !== undefined) return [name, value];
  const inherited = surroundings[name];
  if (inherited === undefined) {
    throw new InputError('env', name, 'It is not set here. Set it, or give NAME=value.');
  }
  return [name, inherited];
}
