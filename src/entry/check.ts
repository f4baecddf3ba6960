import { checkEndpoint } from '../upkeep/check-endpoint.js';
import { claimCache } from '../run/claim-cache.js';
import { readCache } from '../config/cache.js';
import { readRemoteConfig } from '../config/read.js';
import { parseBoolean } from '../config/values.js';
import { InputError } from '../errors.js';
import { INPUTS } from '../gen/inputs.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { publishCheck } from '../host/github/publish-check.js';
import { leave } from '../host/leave.js';

const exitCode = await inStep(process.env, async (host, signal) => {
  const inputs = readInputs(Object.keys(INPUTS));
  const config = readRemoteConfig(inputs, host.machine);
  if (config === undefined) throw new InputError('remote', '', 'Name the endpoint to check.');
  const summary = parseBoolean('summary', inputs.summary ?? INPUTS.summary.default);
  const folder = await claimCache(readCache(inputs, host.machine), host.machine, signal);
  const report = await checkEndpoint(config, host, folder, signal);
  await publishCheck(report, host, summary);
  return report.status === 'ok' || config.onUnavailable === 'continue' ? 0 : 1;
});

await leave(exitCode);
