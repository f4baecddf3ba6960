import { formatDigest, type Digest } from '../../reapi/digest.js';
import { bar, gauge } from './bar.js';
import { formatBytes, formatCount, formatDuration, formatShare } from '../format-quantity.js';
import { code, codeBlock, cutMiddle, details, linkOrCode, prose, table, type Column } from '../markdown.js';
import { packLines } from './pack-words.js';
import { originWords } from './origin-words.js';
import { hasFailed, outcomeOf } from './outcome.js';
import { PHASE_NAMES, phasesOf } from './phase-names.js';
import { cachedShare } from './cached-share.js';
import { remoteLine } from './remote-words.js';
import type { ReportedOutput, RunReport } from './report.js';
import { bySizeLines, cutLines } from './toolchain-words.js';

/** GitHub refuses a summary of more than 1 MiB. These, and the limits on texts, keep every report far below that. */
const MOST_OUTPUTS = 100;
const MOST_WARNINGS = 20;
const MOST_LINES = 50;
const MOST_CHARACTERS_OF_LINE = 1000;

const BAR_WIDTH = 40;
const GAUGE_WIDTH = 12;

/**
 * The summary of a run in GitHub's Markdown.
 *
 * @param lastLines the end of what a failed build printed
 */
export function renderSummary(report: RunReport, lastLines: readonly string[] = []): string {
  const sections = [
    headline(report),
    ...sentence(report),
    ...lastOutput(lastLines),
    ...warnings(report),
    facts(report),
    ...whereTheTimeWent(report),
    ...outputs(report),
    identity(report),
  ];
  return `${sections.join('\n\n')}\n`;
}

function headline(report: RunReport): string {
  const mark = hasFailed(report) ? '❌' : report.result === 'hit' ? '⚡' : '✅';
  return `### ${mark} ${code(report.title)} ${outcomeOf({ ...report, failure: null })}`;
}

function sentence(report: RunReport): readonly string[] {
  const why = report.failure === null ? [] : [`**${prose(report.failure)}**`];
  return report.hitFrom === null ? why : [...why, remembered(report)];
}

function remembered(report: RunReport): string {
  const took =
    report.buildDuration === null ? '' : `, which took **${formatDuration(report.buildDuration)}**`;
  return `Nothing had to run: the very same build was done by ${linkOrCode(report.builtBy)}${took}.${whereFound(report)}${whose(report)}`;
}

function whereFound({ hitFrom, kept }: RunReport): string {
  if (hitFrom === 'remote') return ' The remote had its result.';
  return hitFrom === 'cache' && kept !== null ? ` Its result was kept in ${prose(kept.place)}.` : '';
}

/** Who wrote to the remote is known to the remote alone. */
function whose({ builtUnder }: RunReport): string {
  return builtUnder === null
    ? ' Whoever may write there is believed: it does not tell whose result it is.'
    : ` It is the result ${prose(originWords(builtUnder))}.`;
}

function lastOutput(lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const shown = lines.slice(-MOST_LINES).map((line) => cutMiddle(line, MOST_CHARACTERS_OF_LINE));
  return [`**The end of what it printed**\n\n${codeBlock(shown)}`];
}

function warnings(report: RunReport): readonly string[] {
  if (report.warnings.length === 0) return [];
  const shown = report.warnings.slice(0, MOST_WARNINGS).map((text) => `- ⚠️ ${prose(text)}`);
  const more = report.warnings.length - shown.length;
  return [[...shown, ...(more > 0 ? [`- and ${formatCount(more, 'more warning')}`] : [])].join('\n')];
}

function facts(report: RunReport): string {
  const { input, cache } = report;
  const size = report.outputs.reduce((sum, output) => sum + output.size, 0);
  const cells: (readonly [title: string, cell: string])[] = [
    [
      'Input',
      [formatCount(input.files, 'file'), formatBytes(input.bytes), ...cachedShare(input)].join(' · '),
    ],
  ];
  if (report.outputs.length > 0) {
    cells.push(['Outputs', `${report.outputs.length.toLocaleString('en-US')} · ${formatBytes(size)}`]);
  }
  if (cache !== null) {
    const share = `(${formatShare(cache.size, cache.quota)})`;
    const use = `${formatBytes(cache.size)} of ${formatBytes(cache.quota)} ${share}`;
    cells.push(['Local cache', `\`${gauge(cache.size / cache.quota, GAUGE_WIDTH)}\` ${use}`]);
  }
  cells.push(['Action', shortDigest(report.actionDigest)]);
  const columns = cells.map(([title]): Column => ({ title, align: 'left' }));
  return table(columns, [cells.map(([, cell]) => cell)]);
}

function whereTheTimeWent(report: RunReport): readonly string[] {
  const phases = phasesOf(report);
  if (phases.length === 0) return [];
  const longest = Math.max(...phases.map(({ milliseconds }) => milliseconds), 1);
  const nameWidth = Math.max(...phases.map(({ phase }) => PHASE_NAMES[phase].length));
  const lines = phases.map(({ phase, milliseconds }) => {
    const name = PHASE_NAMES[phase].padEnd(nameWidth);
    const time = formatDuration(milliseconds).padStart(12);
    return `${name}${time}  ${bar(milliseconds / longest, BAR_WIDTH)}`.trimEnd();
  });
  return [`**Where the time went** (${formatDuration(report.duration)} in all)\n\n${codeBlock(lines)}`];
}

const OUTPUT_COLUMNS: readonly Column[] = [
  { title: 'Output', align: 'left' },
  { title: 'Size', align: 'right' },
  { title: 'Digest', align: 'left' },
];

function outputs(report: RunReport): readonly string[] {
  if (report.outputs.length === 0) return [];
  const shown = report.outputs.slice(0, MOST_OUTPUTS);
  const more = report.outputs.length - shown.length;
  const rows = shown.map((output) => [pathOf(output), sizeOf(output), shortDigest(output.digest)]);
  const rest = `and ${formatCount(more, 'more output')}: the build record names them all.`;
  const whose = hasFailed(report) ? ['**What the failed build left at its outputs**'] : [];
  return [...whose, table(OUTPUT_COLUMNS, rows), ...(more > 0 ? [rest] : [])];
}

function pathOf(output: ReportedOutput): string {
  return code(output.kind === 'directory' ? `${output.path.replace(/\/$/, '')}/` : output.path);
}

function sizeOf(output: ReportedOutput): string {
  return output.kind === 'symlink' ? 'link' : formatBytes(output.size).replace(' ', '&nbsp;');
}

const IDENTITY_COLUMNS: readonly Column[] = [
  { title: 'Part', align: 'left' },
  { title: 'Digest or name', align: 'left' },
];

/** Everything that names this build, to be copied. */
function identity(report: RunReport): string {
  const rows = [
    ['Action', fullDigest(report.actionDigest)],
    ['Command', fullDigest(report.commandDigest)],
    ['Input root', fullDigest(report.inputRootDigest)],
    ['Outputs', fullDigest(report.outputsDigest)],
    ['Standard output', fullDigest(report.stdoutDigest)],
    ['Standard error', fullDigest(report.stderrDigest)],
    ['Toolchain', toolchainOf(report)],
    ...cutLines(report).map((text) => ['Looked at in part', prose(text)]),
    ...bySizeLines(report).map((text) => ['By name and size alone', prose(text)]),
    ['BuildBox', buildboxOf(report)],
    ...(report.remote === null ? [] : [['Remote', prose(remoteLine(report.remote))]]),
    ...packLines(report).map((text) => ['Kept between runs', prose(text)]),
    ['Trust', prose(`${report.trust.tier}: ${report.trust.why}`)],
    ['Built by', linkOrCode(report.builtBy)],
    ['Started', report.startedAt.toISOString()],
  ];
  return details('What names this build', table(IDENTITY_COLUMNS, rows));
}

function toolchainOf({ toolchain: { identity, rootfs } }: RunReport): string {
  return `${code(identity)} of ${rootfs === 'host' ? 'the host' : code(rootfs)}`;
}

function buildboxOf({ buildbox, staging, stagingReason }: RunReport): string {
  if (buildbox === null) return 'not needed';
  const staged = staging === null ? '' : `, inputs staged by ${staging} (${stagingReason ?? ''})`;
  return `${prose(buildbox.version)} from ${prose(buildbox.source)}${prose(staged)}`;
}

function fullDigest(digest: Digest | null): string {
  return digest === null ? 'none' : `\`${formatDigest(digest)}\``;
}

function shortDigest(digest: Digest | null): string {
  return digest === null ? '' : `\`${digest.hash.slice(0, 12)}…\``;
}
