import { INPUTS } from '../gen/inputs.js';
import { inStep } from '../host/github/in-step.js';
import { readInputs } from '../host/github/inputs.js';
import { publishSave } from '../host/github/publish-save.js';
import { publishUsage } from '../host/github/publish-usage.js';
import { loadState } from '../host/github/state.js';
import { leave } from '../host/leave.js';
import { endJob } from '../upkeep/end-job.js';

const exitCode = await inStep(process.env, async (host, signal) => {
  const state = loadState();
  if (state === undefined) return 0; // Main ended before it did anything.
  const inputs = readInputs(Object.keys(INPUTS));
  await endJob({ ...state, host, inputs, publishSave, publishUsage }, signal);
  return 0;
});

await leave(exitCode);
