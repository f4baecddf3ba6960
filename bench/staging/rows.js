import { median } from '../measure.js';

export const HEAD = ['what', 'inputs', 'bare', '`fuse`', '`copy`', '`auto`', 'it was'];

/** One case as a row: medians, and what a run takes longer than the bare command in the same round. */
export function rowsOf(name, { samples, chosen }) {
  const bare = median(samples.bare);
  const show = (mode) => {
    const more = median(samples[mode].map((wall, round) => wall - samples.bare[round]));
    const share = Math.round((more / bare) * 100);
    return `${seconds(median(samples[mode]))} (${more < 0 ? '−' : '+'}${seconds(Math.abs(more))}, ${share} %)`;
  };
  const files = chosen.input.files.toLocaleString('en');
  return [[name, files, seconds(bare), show('fuse'), show('copy'), show('auto'), chosen.staging]];
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
