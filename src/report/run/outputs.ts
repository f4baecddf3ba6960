import { formatDigest } from '../../reapi/digest.js';
import { type RunReport, savedBytes } from './report.js';

/**
 * What a later step can read of this one, by name; an empty text is what there is not. `record` is not among them: only
 * its host knows where it is.
 */
export function renderOutputs(report: RunReport): Readonly<Record<string, string>> {
  return {
    result: report.result,
    'cache-hit': String(report.hitFrom !== null),
    'exit-code': String(report.exitCode),
    'action-digest': formatDigest(report.actionDigest),
    'input-root-digest': formatDigest(report.inputRootDigest),
    'outputs-digest': report.outputsDigest === null ? '' : formatDigest(report.outputsDigest),
    'remote-status': report.remote?.status ?? 'none',
    'casd-socket': report.casdSocket ?? '',
    'cache-size': report.cache === null ? '' : String(report.cache.size),
    'cache-saved-bytes': String(savedBytes(report)),
  };
}
