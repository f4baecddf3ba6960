import { runProgram, type WithContext } from '../cli/program.js';
import { cancelOnSignals } from '../host/signals.js';
import { terminalHost } from '../host/terminal/terminal-host.js';
import { VERSION } from '../gen/version.js';

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

process.exitCode = await runProgram(process.argv.slice(2), VERSION, withContext);
