import { runProgram, type WithContext } from '../cli/program.js';
import { leave } from '../host/leave.js';
import { cancelOnSignals } from '../host/signals.js';
import { silenceDeprecations } from '../host/silence-deprecations.js';
import { terminalHost } from '../host/terminal/terminal-host.js';
import { VERSION } from '../gen/version.js';

silenceDeprecations();
// Help and version are printed before there is a host that minds a reader that goes away (`| head`).
process.stdout.on('error', () => undefined);

const withContext: WithContext = async (json, work) => {
  const host = terminalHost({
    streams: process,
    environment: process.env,
    directory: process.cwd(),
    json,
  });
  const signal = cancelOnSignals((text) => host.log.warn(text));
  try {
    return await work({ host, signal });
  } catch (error) {
    return host.fail(error);
  }
};

await leave(await runProgram(process.argv.slice(2), VERSION, withContext));
