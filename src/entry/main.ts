import { randomUUID } from 'node:crypto';
import { claimCache } from '../run/claim-cache.js';
import { runBuild } from '../run/run-build.js';
import { readConfig } from '../config/read.js';
import { INPUTS } from '../gen/inputs.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { saveState } from '../host/github/state.js';
import { leave } from '../host/leave.js';
import { identify } from '../process/identity.js';

const exitCode = await inStep(process.env, async (host, signal) => {
  const config = readConfig(readInputs(Object.keys(INPUTS)), host.machine);
  await claimCache(config.cache, host.machine, signal);
  // The runner's worker outlives main, so that casd is there for the steps in between; post gives the lease back.
  const lease = { id: randomUUID(), owner: identify(process.ppid) ?? null };
  const state = { version: 1, cacheDirectory: config.cache.directory } as const;
  saveState({ ...state, lease: lease.id });
  const report = await runBuild(config, host, lease, signal);
  if (report.casdSocket === null) saveState({ ...state, lease: null });
  await host.publish(report, config.report);
  return report.exitCode;
});

await leave(exitCode);
