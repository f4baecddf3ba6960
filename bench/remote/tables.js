import { median } from '../measure.js';

/** The most that a transfer may take, in limits: what its bytes take on the link, and four round trips. */
const TARGETS = { small: 1.5, deep: 1.5, big: 1.2 };
const ROUND_TRIPS = 4;
const WAYS = ['up', 'down'];

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(2)} s`;
const ratio = (one, other) => `${(one / other).toFixed(2)}×`;

export function renderTable(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const render = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [
    render(head),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.map(render),
  ].join('\n');
}

/** What was measured of transfers, and how a deep tree compares with a flat one. */
export function transferTables(measured, bytesPerSecond) {
  const head = ['what', 'round trip', 'way', 'ours', 'min–max', 'on the wire', 'limit', 'of it', 'target'];
  const peers = ['casd', 'ratio', 'tools', 'ratio'];
  const rows = measured.flatMap((one) => WAYS.map((way) => transferRow(one, way, bytesPerSecond)));
  const table = renderTable([...head, ...peers], rows);
  const depth = depthRows(measured);
  return depth.length === 0
    ? `${table}\n`
    : `${table}\n\n${renderTable(['a deep tree over a flat one', 'ours', 'casd', 'tools'], depth)}\n`;
}

function transferRow({ corpus, server, roundTrip, samples }, way, bytesPerSecond) {
  const ours = took(samples.ours, way);
  const wire = median(samples.ours.map((sample) => sample[way].wire));
  const limit = (wire / bytesPerSecond) * 1000 + ROUND_TRIPS * roundTrip;
  const beside = (peer) => {
    if (samples[peer] === undefined) return ['', ''];
    const theirs = median(took(samples[peer], way));
    return [seconds(theirs), ratio(median(ours), theirs)];
  };
  return [
    `${corpus}, ${server}`,
    `${roundTrip} ms`,
    way,
    seconds(median(ours)),
    `${(Math.min(...ours) / 1000).toFixed(2)}–${(Math.max(...ours) / 1000).toFixed(2)} s`,
    `${(wire / 1e6).toFixed(1)} MB`,
    seconds(limit),
    ratio(median(ours), limit),
    `≤ ${TARGETS[corpus]}×`,
    ...beside('casd'),
    ...beside('tools'),
  ];
}

function took(samples, way) {
  return samples.map((sample) => sample[way].took);
}

function depthRows(measured) {
  const plain = (name) => measured.filter(({ corpus, server }) => corpus === name && server === 'plain');
  return plain('deep').flatMap((deep) => {
    const flat = plain('small').find(({ roundTrip }) => roundTrip === deep.roundTrip);
    if (flat === undefined) return [];
    const compare = (peer, way) =>
      deep.samples[peer] === undefined
        ? ''
        : ratio(median(took(deep.samples[peer], way)), median(took(flat.samples[peer], way)));
    return WAYS.map((way) => [
      `${deep.roundTrip} ms, ${way}`,
      compare('ours', way),
      compare('casd', way),
      compare('tools', way),
    ]);
  });
}

/** Round trips after connecting, counted at the link; beside them those that the time tells, connecting included. */
export function hitTable(measured) {
  const head = ['a remote hit', 'round trip', 'time', 'min–max', 'round trips', 'target', 'by the time'];
  const rows = measured.map(({ kind, roundTrip, samples }) => {
    const walls = samples.map(({ wall }) => wall);
    const near = measured.find((one) => one.kind === kind && one.roundTrip === 0);
    const more = median(walls) - median(near.samples.map(({ wall }) => wall));
    const trips = samples.map((sample) => sample.trips);
    const [least, most] = [Math.min(...trips), Math.max(...trips)];
    return [
      kind,
      `${roundTrip} ms`,
      `${Math.round(median(walls))} ms`,
      `${Math.round(Math.min(...walls))}–${Math.round(Math.max(...walls))} ms`,
      roundTrip === 0 ? '' : least === most ? `${most}` : `${least}–${most}`,
      '≤ 3',
      roundTrip === 0 ? '' : (more / roundTrip).toFixed(1),
    ];
  });
  return `${renderTable(head, rows)}\n`;
}

export function memoryTable(measured) {
  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  const rows = measured.map(({ what, version, up, down }) => [
    what,
    version,
    megabytes(up),
    megabytes(down),
    '< 200 MB',
  ]);
  return `${renderTable(['peak memory', 'Node', 'up', 'down', 'target'], rows)}\n`;
}
