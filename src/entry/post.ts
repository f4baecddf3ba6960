import { cacheFolder } from '../casd/folder.js';
import { leaveCasd } from '../casd/share.js';
import { expireWhenDue } from '../build/expire-when-due.js';
import { saveKept } from '../build/save-kept.js';
import { readCache } from '../config/cache.js';
import { readRemoteConfig } from '../config/read.js';
import { parseBoolean } from '../config/values.js';
import { messageOf } from '../errors.js';
import { INPUTS } from '../gen/inputs.js';
import type { Host } from '../host/host.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { publishSave } from '../host/github/publish-save.js';
import { expiryLines } from '../report/expiry-words.js';
import { loadState } from '../host/github/state.js';

process.exitCode = await inStep(process.env, async (host, signal) => {
  const state = loadState();
  if (state === undefined) return 0; // Main ended before it did anything.
  await orWarn(host, 'could not stop the daemon', async () => {
    if (state.lease === null) return;
    await leaveCasd(cacheFolder(state.cacheDirectory), state.lease, host.machine.path.join(':'));
  });
  const inputs = readInputs(Object.keys(INPUTS));
  const cache = readCache(inputs, host.machine);
  await orWarn(host, 'could not save what was built', async () => {
    const save = await saveKept(cache, host, signal);
    const summary = parseBoolean('summary', inputs.summary ?? INPUTS.summary.default);
    if (save !== undefined) await publishSave(save, host, summary);
  });
  await orWarn(host, 'could not expire the local cache', async () => {
    const expiry = await expireWhenDue(cache, readRemoteConfig(inputs, host.machine), host, signal);
    if (expiry !== undefined) host.answer(expiryLines(expiry).join('\n'));
  });
  return 0;
});

/** A job that built well does not fail for what comes after it. */
async function orWarn(host: Host, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    host.log.warn(`${what}: ${messageOf(error)}`);
  }
}
