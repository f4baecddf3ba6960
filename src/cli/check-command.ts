import { checkEndpoint } from '../upkeep/check-endpoint.js';
import { claimCache } from '../run/claim-cache.js';
import { readCache } from '../config/cache.js';
import { readRemoteConfig } from '../config/read.js';
import { InputError } from '../errors.js';
import { renderCheckDocument } from '../report/check/check-document.js';
import { renderCheckTable } from '../report/check/check-table.js';
import type { CommandContext, Invocation } from './command-context.js';

/** `buildbox-ci check`: exits with 0 when the endpoint is there and good enough, else with 1. */
export async function checkCommand(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const config = readRemoteConfig(inputs, host.machine);
  if (config === undefined) throw new InputError('remote', '', 'Name the endpoint to check.');
  const folder = await claimCache(readCache(inputs, host.machine), host.machine, signal);
  const report = await checkEndpoint(config, host, folder, signal);
  host.answer(json ? JSON.stringify(renderCheckDocument(report)) : renderCheckTable(report).join('\n'));
  return report.status === 'ok' ? 0 : 1;
}
