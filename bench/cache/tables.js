import { median } from '../measure.js';
import { SETTINGS } from './growth.js';

const sum = (values) => values.reduce((total, value) => total + value, 0);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
const time = (milliseconds) =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
const times = (factor) => `${factor.toFixed(factor < 10 ? 2 : 1)}×`;
const of = (jobs, what) => jobs.map((job) => job[what]);

/** What the runs took: a column for each of our settings, with theirs over ours or ours over the change. */
export function growthTable({ changes, tarball, kept }) {
  const changed = changes.slice(1);
  const change = sum(of(changed, 'bytes'));
  const compressed = sum(of(changed, 'compressed'));
  const ours = SETTINGS.map(({ name }) => ({ name, saves: kept.get(name) }));
  const theirs = { up: sum(of(tarball.saves, 'up')), down: sum(of(tarball.restores, 'down')) };
  const line = (what, target, theirCell, cellOf) => [
    what,
    ...ours.flatMap(({ saves }) => cellOf(saves, saves.slice(1))),
    theirCell,
    target,
  ];
  const medianOf = (jobs, what) => median(of(jobs, what));
  const theirRuns = tarball.saves.slice(1);
  return (
    render(
      ['what', ...ours.flatMap(({ name }) => [`ours, ${name}`, 'ratio']), 'tarballs', 'target'],
      [
        line('uploaded in sum', '≥ 6×', megabytes(theirs.up), (all) => {
          const up = sum(of(all, 'up'));
          return [megabytes(up), times(theirs.up / up)];
        }),
        line('uploaded by the first run', '', megabytes(tarball.saves[0].up), ([first]) => [
          megabytes(first.up),
          times(tarball.saves[0].up / first.up),
        ]),
        line('uploaded by a later run, median', '', megabytes(medianOf(theirRuns, 'up')), (_, later) => [
          megabytes(medianOf(later, 'up')),
          times(medianOf(theirRuns, 'up') / medianOf(later, 'up')),
        ]),
        line('of that, moved by compaction, in sum', '', '', (all) => [megabytes(sum(of(all, 'moved'))), '']),
        line('later runs less compaction, over the change', '≤ 1.3×', '', (_, later) => {
          const rest = sum(of(later, 'up')) - sum(of(later, 'moved'));
          return [megabytes(rest), times(rest / change)];
        }),
        line('the same over the change as zstd has it', '', '', (_, later) => {
          const rest = sum(of(later, 'up')) - sum(of(later, 'moved'));
          return ['', times(rest / compressed)];
        }),
        line('downloaded in sum', '', megabytes(theirs.down), (all) => {
          const down = sum(of(all, 'down'));
          return [megabytes(down), times(theirs.down / down)];
        }),
        line('downloaded by a run, median', '', megabytes(medianOf(tarball.restores, 'down')), (_, later) => [
          megabytes(medianOf(later, 'down')),
          times(medianOf(tarball.restores, 'down') / medianOf(later, 'down')),
        ]),
        line('a later save, median', '≥ 5×', time(medianOf(theirRuns, 'milliseconds')), (_, later) => [
          time(medianOf(later, 'milliseconds')),
          times(medianOf(theirRuns, 'milliseconds') / medianOf(later, 'milliseconds')),
        ]),
        line('of these, the ones that compact', '', '', (_, later) => {
          const compacting = later.filter(({ moved }) => moved > 0);
          const took = compacting.length > 0 ? time(medianOf(compacting, 'milliseconds')) : '';
          return [took, `${compacting.length} of ${later.length}`];
        }),
        line('least and most', '', range(of(theirRuns, 'milliseconds')), (_, later) => [
          range(of(later, 'milliseconds')),
          '',
        ]),
        line('processor time of it, median', '', time(medianOf(theirRuns, 'processor')), (_, later) => [
          time(medianOf(later, 'processor')),
          times(medianOf(theirRuns, 'processor') / medianOf(later, 'processor')),
        ]),
        line('the first save', '', time(tarball.saves[0].milliseconds), ([first]) => [
          time(first.milliseconds),
          times(tarball.saves[0].milliseconds / first.milliseconds),
        ]),
        line('peak memory of a save', '', megabytes(Math.max(...of(tarball.saves, 'memory'))), (all) => [
          megabytes(Math.max(...of(all, 'memory'))),
          '',
        ]),
        line('and of its helpers', '', '', (all) => [megabytes(Math.max(...of(all, 'helpers'))), '']),
        line('kept at the end', '', megabytes(tarball.saves.at(-1).up), (all) => {
          const { bytes, dead } = all.at(-1).kept;
          return [megabytes(bytes), `${Math.round((100 * dead) / bytes)} % dead`];
        }),
      ],
    ) + `\nThe change of all later runs: ${megabytes(change)}, ${megabytes(compressed)} as zstd has it.`
  );
}

/** What it takes to have everything on a fresh machine. */
export function restoreTable({ kept, tarball }) {
  return render(
    ['everything restored', 'downloaded', 'time', 'memory', 'helpers'],
    [...[...kept].map(([name, job]) => [`ours, ${name}`, ...cells(job)]), ['tarball', ...cells(tarball)]],
  );
}

export function hitTable({ local, unremembered, fresh, down }) {
  const over = (walls) => fresh.map((wall, round) => wall - walls[round]);
  const line = (what, walls, target = '') => [what, time(median(walls)), range(walls), target];
  return render(
    ['a hit with 1 MB of outputs', 'median', 'least and most', 'target'],
    [
      line('in the local cache', local),
      line('in the local cache, digests made anew', unremembered),
      line('on a fresh cache folder', fresh),
      line('over a local hit with digests made anew', over(unremembered), '≤ 500 ms'),
      line('over a local hit', over(local)),
      ['downloaded', megabytes(median(down)), '', '≤ 2 MB'],
    ],
  );
}

export function smallBlobsTable({ save, again, restore, tarballSave, tarballRestore }, blobs) {
  return render(
    [`${blobs.toLocaleString('en')} small blobs`, 'moved', 'time', 'memory', 'helpers'],
    [
      ['save', ...cells(save)],
      ['save of another result with the same blobs', ...cells(again)],
      ['hit that brings them all', ...cells(restore)],
      ['tarball, save', ...cells(tarballSave)],
      ['tarball, restore', ...cells(tarballRestore)],
    ],
  );
}

function cells({ up, down, milliseconds, memory, helpers }) {
  const moved = [up > 0 ? `up ${megabytes(up)}` : [], down > 0 ? `down ${megabytes(down)}` : []].flat();
  return [
    moved.join(', '),
    time(milliseconds),
    megabytes(memory),
    helpers === undefined ? '' : megabytes(helpers),
  ];
}

function range(milliseconds) {
  return `${time(Math.min(...milliseconds))} – ${time(Math.max(...milliseconds))}`;
}

function render(head, rows) {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column].length)));
  const renderLine = (line) => `| ${line.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [renderLine(head), rule, ...rows.map(renderLine)].join('\n');
}
