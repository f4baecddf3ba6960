import { runCommand } from '../../process/command.js';
import { findProgram } from '../../process/own-programs.js';
import { packageManagerEnvironment, PROXY_NAMES } from '../child-environment.js';
import type { ToolContext } from '../source.js';

const SUDO_DEADLINE = 10_000;

/** What stands before a command that needs root: nothing, or sudo; undefined where neither works without a question. */
export async function findPrivilege(
  context: Pick<ToolContext, 'machine' | 'signal'>,
): Promise<readonly string[] | undefined> {
  if (context.machine.uid === 0) return [];
  const sudo = findProgram('sudo', context.machine);
  if (sudo === undefined) return undefined;
  const kept = [...PROXY_NAMES, 'DEBIAN_FRONTEND', 'LC_ALL'].join(',');
  const prefix = [sudo, '-n', `--preserve-env=${kept}`];
  const { exitCode } = await runCommand([...prefix, 'true'], {
    signal: context.signal,
    deadline: SUDO_DEADLINE,
    environment: packageManagerEnvironment(context.machine),
  });
  return exitCode === 0 ? prefix : undefined;
}
