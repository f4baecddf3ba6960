import { cacheFolder } from '../casd/folder.js';
import { leaveCasd } from '../casd/share.js';
import { saveKept } from '../build/save-kept.js';
import { readCache } from '../config/cache.js';
import { parseBoolean } from '../config/values.js';
import { messageOf } from '../errors.js';
import { INPUTS } from '../gen/inputs.js';
import type { Host } from '../host/host.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { publishSave } from '../host/github/publish-save.js';
import { loadState } from '../host/github/state.js';

process.exitCode = await inStep(process.env, async (host, signal) => {
  const state = loadState();
  if (state === undefined) return 0; // Main ended before it did anything.
  await orWarn(host, 'could not stop the daemon', async () => {
    if (state.lease === null) return;
    await leaveCasd(cacheFolder(state.cacheDirectory), state.lease, host.machine.path.join(':'));
  });
  await orWarn(host, 'could not save what was built', async () => {
    const inputs = readInputs(Object.keys(INPUTS));
    const save = await saveKept(readCache(inputs, host.machine), host, signal);
    const summary = parseBoolean('summary', inputs.summary ?? INPUTS.summary.default);
    if (save !== undefined) await publishSave(save, host, summary);
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
