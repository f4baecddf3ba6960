import * as core from '@actions/core';

/** The inputs of these names that the step was given, trimmed; one that is empty counts as not given. */
export function readInputs(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => [name, core.getInput(name)] as const).filter(([, value]) => value !== ''),
  );
}
