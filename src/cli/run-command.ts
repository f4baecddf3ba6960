import { randomUUID } from 'node:crypto';
import { runBuild } from '../build/run-build.js';
import { cacheFolder } from '../casd/folder.js';
import { leaveCasd } from '../casd/share.js';
import { readConfig } from '../config/read.js';
import { identify } from '../process/identity.js';
import type { CommandContext, Invocation } from './command-context.js';

/** `buildbox-ci run`: the whole way of one run; exits with the build's own exit code. */
export async function runCommandLine(
  { inputs, argv }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const config = readConfig(inputs, host.machine, argv);
  const lease = { id: randomUUID(), owner: identify(process.pid) ?? null };
  try {
    const report = await runBuild(config, host, lease, signal);
    await host.publish(report, config.report);
    return report.exitCode;
  } finally {
    await leaveCasd(cacheFolder(config.cache.directory), lease.id, host.machine.path.join(':'));
  }
}
