import { Fault } from '../../errors.js';
import { runCommand } from '../../process/command.js';
import { plainEnvironment } from '../child-environment.js';
import type { ToolContext } from '../source.js';

/** A program that prints its version takes 5 to 50 ms; milliseconds. */
const VERSION_DEADLINE = 10_000;

/**
 * The version that a BuildBox program prints, like `1.4.25`.
 *
 * @throws Fault when it does not run here, or prints none.
 */
export async function programVersion(program: string, context: ToolContext): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand([program, '--version'], {
    signal: context.signal,
    deadline: VERSION_DEADLINE,
    environment: plainEnvironment(context.machine),
  });
  const version = versionIn(stdout.toString());
  if (exitCode !== 0 || version === undefined) {
    throw new Fault(`${program} --version ended with ${exitCode} and printed no version`, {
      log: stderr || stdout.toString(),
    });
  }
  return version;
}

/** The version in a line like `/opt/bin/buildbox-casd 1.4.25`. */
export function versionIn(text: string): string | undefined {
  return /\s(\d+(?:\.\d+)+)\S*\s*$/.exec(text)?.[1];
}
