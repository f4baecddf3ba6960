import { Fault } from '../../errors.js';
import { type CommandResult, runCommand } from '../../process/command.js';
import { findProgram } from '../../process/own-programs.js';
import { packageManagerEnvironment } from '../child-environment.js';
import { addHostPackages } from './host-packages.js';
import { newPackages, PACKAGE_MANAGERS, type PackageManager, packageNames } from './package-manager.js';
import { findPrivilege } from './privilege.js';
import type { Declined, ToolContext } from '../source.js';

/** One call of the package manager, with its wait for a lock and its downloads; milliseconds. */
const PACKAGE_DEADLINE = 300_000;

/**
 * Installs packages of the distribution, as root or with a sudo that asks for no password, and writes down which
 * ones this brought.
 *
 * @returns why it cannot be done here, or undefined when it is done.
 * @throws Fault when the package manager fails.
 */
export async function installPackages(
  packages: readonly string[],
  context: ToolContext,
): Promise<Declined | undefined> {
  const manager = findManager(context);
  if (manager === undefined) {
    const known = PACKAGE_MANAGERS.map(({ program }) => program).join(', ');
    return { declined: `no package manager on PATH that is known here (${known})` };
  }
  const prefix = await findPrivilege(context);
  if (prefix === undefined) return { declined: 'neither root nor a sudo without a password' };
  context.log.phase(`installing ${packages.join(' and ')} with ${manager.program}`);
  await addHostPackages(context.toolFolder, packages); // Before, so that a kill in between leaves them known.
  const before = await listPackages(manager, context);
  await installOrRefresh(manager, packages, prefix, context);
  const added = newPackages(before, await listPackages(manager, context));
  await addHostPackages(context.toolFolder, added);
  return undefined;
}

function findManager({ machine }: ToolContext): PackageManager | undefined {
  return PACKAGE_MANAGERS.find(({ program }) => findProgram(program, machine) !== undefined);
}

async function installOrRefresh(
  manager: PackageManager,
  packages: readonly string[],
  prefix: readonly string[],
  context: ToolContext,
): Promise<void> {
  const install = [...prefix, ...manager.install(packages)];
  let result = await run(install, context);
  if (result.exitCode !== 0 && manager.refresh !== undefined) {
    await run([...prefix, ...manager.refresh], context); // It may complain of one source of many and still be of use.
    result = await run(install, context);
  }
  if (result.exitCode !== 0) {
    const complaint = result.stderr.trim().split('\n').at(-1) ?? '';
    throw new Fault(`${manager.program} could not install ${packages.join(' and ')}: ${complaint}`, {
      log: result.stderr,
    });
  }
}

async function listPackages(manager: PackageManager, context: ToolContext): Promise<ReadonlySet<string>> {
  return packageNames((await run(manager.list, context)).stdout.toString());
}

function run(argv: readonly string[], context: ToolContext): Promise<CommandResult> {
  return runCommand(argv, {
    signal: context.signal,
    deadline: PACKAGE_DEADLINE,
    environment: packageManagerEnvironment(context.machine),
  });
}
