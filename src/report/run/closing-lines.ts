import { formatDigest } from '../../reapi/digest.js';
import { cachedShare } from './cached-share.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../format-quantity.js';
import { packLines } from './pack-words.js';
import { originWords } from './origin-words.js';
import { hasFailed, outcomeOf } from './outcome.js';
import { phasesOf } from './phase-names.js';
import { printable } from '../printable.js';
import { remoteLine } from './remote-words.js';
import type { RunReport } from './report.js';
import { cutLines } from './toolchain-words.js';

export type Tone = 'good' | 'bad' | 'strong' | 'quiet';

/** Gives a text its tone; on what shows no colours, the text as it is. */
export type Paint = (tone: Tone, text: string) => string;

const NAMED_OUTPUTS = 3;
const NAMED_PHASES = 4;

/** What a run prints when it ends, three to ten lines. */
export function closingLines(report: RunReport, paint: Paint = (_tone, text) => text): readonly string[] {
  return [
    headline(report, paint),
    detail('action', formatDigest(report.actionDigest), paint),
    ...resultLine(report, paint),
    ...outputsLine(report, paint),
    ...cacheLine(report, paint),
    ...(report.remote === null ? [] : [detail('remote', printable(remoteLine(report.remote)), paint)]),
    ...packLines(report).map((text) => detail('kept', printable(text), paint)),
    ...cutLines(report).map((text) => detail('tools', printable(text), paint)),
    ...timeLine(report, paint),
  ];
}

function headline(report: RunReport, paint: Paint): string {
  const mark = hasFailed(report) ? paint('bad', '✗') : paint('good', '✓');
  const then =
    report.result === 'hit' && report.buildDuration !== null
      ? paint('quiet', ` (the build took ${formatDuration(report.buildDuration)})`)
      : '';
  return `${mark} ${paint('strong', printable(report.title))} ${outcomeOf(report)}${then}`;
}

function detail(name: string, text: string, paint: Paint): string {
  return `  ${paint('quiet', name.padEnd(8))}${text}`;
}

/** Whose result a hit is. */
function resultLine({ hitFrom, builtUnder, builtBy }: RunReport, paint: Paint): readonly string[] {
  if (hitFrom === null) return [];
  const whose = builtUnder === null ? 'of whoever may write to the remote' : originWords(builtUnder);
  return [detail('result', printable(`${whose}; built by ${builtBy}`), paint)];
}

function outputsLine(report: RunReport, paint: Paint): readonly string[] {
  if (report.outputs.length === 0) return [];
  const names = report.outputs.slice(0, NAMED_OUTPUTS).map((output) => printable(output.path));
  const more = report.outputs.length - names.length;
  const size = report.outputs.reduce((sum, output) => sum + output.size, 0);
  const list = [...names, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  const of = hasFailed(report) ? ', of the failed build' : '';
  return [detail('outputs', `${list} (${formatBytes(size)})${of}`, paint)];
}

function cacheLine(report: RunReport, paint: Paint): readonly string[] {
  if (report.cache === null) return [];
  const { size, quota } = report.cache;
  const use = `${formatBytes(size)} of ${formatBytes(quota)} (${formatShare(size, quota)})`;
  return [detail('cache', use, paint)];
}

function timeLine(report: RunReport, paint: Paint): readonly string[] {
  const longest = [...phasesOf(report)]
    .sort((a, b) => b.milliseconds - a.milliseconds)
    .slice(0, NAMED_PHASES)
    .filter(({ milliseconds }) => milliseconds >= 1)
    .map(({ phase, milliseconds }) => `${phase} ${formatDuration(milliseconds)}`);
  const { input: told } = report;
  const input = [formatCount(told.files, 'input file'), formatBytes(told.bytes), ...cachedShare(told)].join(
    ', ',
  );
  return longest.length === 0 ? [] : [detail('time', `${longest.join(' · ')} (${input})`, paint)];
}
