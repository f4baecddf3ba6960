import { explainError } from '../../report/explain-error.js';
import type { Host } from '../host.js';
import { cancelOnSignals } from '../signals.js';
import { silenceDeprecations } from '../silence-deprecations.js';
import { githubHost } from './github-host.js';

/**
 * Does the work of a workflow step, until it ends or is cancelled.
 *
 * @returns the exit code of the step: that of the work, or what an error means
 */
export async function inStep(
  environment: NodeJS.ProcessEnv,
  work: (host: Host, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  silenceDeprecations();
  let host: Host;
  try {
    host = githubHost(environment);
  } catch (error) {
    const { title, exitCode } = explainError(error);
    process.stderr.write(`error: ${title}\n`);
    return exitCode;
  }
  const signal = cancelOnSignals((text) => host.log.warn(text));
  try {
    return await work(host, signal);
  } catch (error) {
    return host.fail(error);
  }
}
