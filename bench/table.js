import { median } from './measure.js';

const HEAD = ['what', 'median', 'min–max', 'target', 'cpu', 'peer', 'ratio'];

/**
 * One line of the table.
 *
 * @param samples one number a run, in the unit
 * @param more `unit`, `target` (the most it may be), `processor` (samples), and `peer`: its name and samples
 */
export function row(what, samples, { unit = 'ms', target, processor, peer } = {}) {
  const show = (value) => `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
  return [
    what,
    show(median(samples)),
    `${Math.round(Math.min(...samples))}–${Math.round(Math.max(...samples))}`,
    target === undefined ? '' : `≤ ${target} ${unit}`,
    processor === undefined ? '' : show(median(processor)),
    peer === undefined ? '' : `${peer.name}: ${show(median(peer.samples))}`,
    peer === undefined ? '' : `${(median(samples) / median(peer.samples)).toFixed(1)}×`,
  ];
}

/** The rows as a Markdown table that also reads well as text. */
export function renderTable(rows, head = HEAD) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const render = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [render(head), rule, ...rows.map(render)].join('\n');
}
