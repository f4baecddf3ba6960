import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault } from '../errors.js';
import { compareUtf8 } from '../reapi/order.js';

/** What `-march=native` and programs that look for themselves go by, as /proc/cpuinfo calls it on x86 and on Arm. */
const TELLING: ReadonlySet<string> = new Set([
  'vendor_id',
  'cpu family',
  'model',
  'cache size',
  'flags',
  'CPU implementer',
  'CPU architecture',
  'CPU variant',
  'CPU part',
  'Features',
]);
const INSTRUCTIONS = /^(?:flags|Features): \S/m;

/**
 * Names what this machine's processors can do. The same model under the same kernel has the same name.
 *
 * @throws Fault
 */
export async function readCpuFeatures(): Promise<string> {
  return cpuFeatures(await readFile('/proc/cpuinfo', 'utf8'));
}

/** @param cpuinfo the text of /proc/cpuinfo, a paragraph for each processor */
export function cpuFeatures(cpuinfo: string): string {
  const kinds = [...new Set(cpuinfo.split(/\n\n+/).map(tellingLines))].sort(compareUtf8);
  const text = kinds.join('\n\n');
  if (!INSTRUCTIONS.test(text)) {
    throw new Fault('/proc/cpuinfo does not tell what the processor can do', {
      remedy: 'Leave `isa` out of `platform`, and name the kind of machine by a property of your own.',
    });
  }
  return createHash('sha256').update(text).digest('hex');
}

function tellingLines(paragraph: string): string {
  return paragraph
    .split('\n')
    .flatMap((line) => {
      const [, name = '', value = ''] = /^([^:]*?)\s*:\s*(.*)$/.exec(line) ?? [];
      return TELLING.has(name) ? [`${name}: ${value.split(/\s+/).sort(compareUtf8).join(' ')}`] : [];
    })
    .sort(compareUtf8)
    .join('\n');
}
