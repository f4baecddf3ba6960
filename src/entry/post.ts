import { cacheFolder } from '../casd/folder.js';
import { leaveCasd } from '../casd/share.js';
import { messageOf } from '../errors.js';
import { inStep } from '../host/github/in-step.js';
import { loadState } from '../host/github/state.js';

await inStep(process.env, async (host) => {
  try {
    const state = loadState();
    if (state?.lease != null) {
      await leaveCasd(cacheFolder(state.cacheDirectory), state.lease, host.machine.path.join(':'));
    }
  } catch (error) {
    // A job that built well does not fail for what comes after it.
    host.log.warn(`could not clean up: ${messageOf(error)}`);
  }
  return 0;
});
