import { cacheFolder } from '../local/folder.js';
import { leaveCasd } from '../casd/share.js';
import { expireWhenDue } from '../upkeep/expire-when-due.js';
import { readLocalUsage } from '../upkeep/read-local-usage.js';
import { savePacks } from '../run/keep/save-packs.js';
import { readCache } from '../config/cache.js';
import { readRemoteConfig } from '../config/read.js';
import { parseBoolean } from '../config/values.js';
import { INPUTS } from '../gen/inputs.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { orWarn } from '../host/github/or-warn.js';
import { publishSave } from '../host/github/publish-save.js';
import { publishUsage } from '../host/github/publish-usage.js';
import { expiryLines } from '../report/expiry-words.js';
import { loadState } from '../host/github/state.js';
import { leave } from '../host/leave.js';
import { ownSearchPath } from '../process/own-programs.js';
import { withTimeLimit } from '../async/time-limit.js';

const exitCode = await inStep(process.env, async (host, signal) => {
  const state = loadState();
  if (state === undefined) return 0; // Main ended before it did anything.
  const inputs = readInputs(Object.keys(INPUTS));
  const readSettings = () => ({
    cache: readCache(inputs, host.machine),
    summary: parseBoolean('summary', inputs.summary ?? INPUTS.summary.default),
  });
  // As long as the lease is held, nobody expires what is still to be saved.
  await orWarn(host, 'could not save what was built', async () => {
    const { cache, summary } = readSettings();
    const save = await savePacks(cache, host, signal);
    if (save !== undefined) await publishSave(save, host, summary);
  });
  await orWarn(host, 'could not stop the daemon', async () => {
    if (state.lease === null) return;
    await leaveCasd(cacheFolder(state.cacheDirectory), state.lease, ownSearchPath(host.machine));
  });
  const { cache, summary } = readSettings();
  await orWarn(host, 'could not expire the local cache', async () => {
    const expiry = await expireWhenDue(cache, readRemoteConfig(inputs, host.machine), host, signal);
    if (expiry !== undefined) host.answer(expiryLines(expiry).join('\n'));
  });
  await orWarn(host, 'could not tell how full the local cache is', async () => {
    if (state.lease === null || !summary) return; // Nothing is new here.
    const limited = withTimeLimit(signal, cache.timeLimit);
    await publishUsage(await readLocalUsage(cacheFolder(state.cacheDirectory), cache, limited), host);
  });
  return 0;
});

await leave(exitCode);
