import { adviseOnFailure, adviseOnInputs } from '../../advice/advise.js';
import { findProgram } from '../../process/own-programs.js';
import { HOME } from '../../rootfs/layout.js';
import type { Execution } from '../execute/execute.js';
import type { PreparedAction } from '../prepare/prepare.js';
import type { RunContext } from '../run-context.js';

/** Says of a build that was done here what may stand in its way, where the cause can be seen. */
export async function advise(
  { config, host, log }: Pick<RunContext, 'config' | 'host' | 'log'>,
  { inputs: { nodes: inputs }, rootfs: { withheld } }: PreparedAction,
  { verdict, signs }: Pick<Execution, 'verdict' | 'signs'>,
  isFailure: boolean,
): Promise<void> {
  const { workspace, home, environment: jobEnvironment } = host.machine;
  for (const line of await adviseOnInputs({ inputs, workspace })) log.warn(line);
  if (!isFailure) return;
  const advice = await adviseOnFailure({
    inputs,
    workspace,
    home,
    jobEnvironment,
    environment: config.build.environment,
    withheld,
    programOutside: (name) =>
      config.sandbox.rootfs.kind === 'host' ? findProgram(name, host.machine) : undefined,
    signs,
    network: config.sandbox.network,
    prefix: `/${HOME}/.local`,
    workingDirectory: config.build.workingDirectory,
    notFound: verdict.kind === 'not-found' ? verdict.command : undefined,
  });
  for (const line of advice) log.warn(line);
}
