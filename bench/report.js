import { renderTable, row } from './table.js';

/** The samples of all measurements, as a table with what they were taken on. */
export function report(samples, memory, { machine, runs, warmUps }) {
  const heading = `${machine}; ${runs} rounds after ${warmUps} to warm up`;
  return `\n${heading}\n\n${renderTable([...times(samples), ...peaks(memory)])}\n`;
}

function times(samples) {
  const { node, load, hit, hitAlone, bare, bwrap, miss, missAlone, missRenewed } = samples;
  const line = (what, { wall, processor }, more) => row(what, wall, { processor, ...more });
  const command = { name: 'bare command', samples: bare.wall };
  return [
    line('load the bundle (--version)', load, {
      target: 100,
      peer: { name: 'node -e 0', samples: node.wall },
    }),
    line('hit, 20 files, casd up', hit, { target: 150 }),
    line('hit, 20 files, casd to start', hitAlone, { target: 300 }),
    line('miss, 1,000 files, casd up', miss, { peer: command }),
    ...(bwrap === undefined ? [] : [row('the command in plain bwrap', bwrap.wall, { peer: command })]),
    row('miss overhead, casd up', overhead(miss, bare), { target: 600 }),
    row('miss overhead, casd to start', overhead(missAlone, bare), { target: 600 }),
    row('miss overhead, every file new', overhead(missRenewed, bare)),
  ];
}

/** What a run takes longer than the bare command in the same round. */
function overhead(run, bare) {
  return run.wall.map((wall, round) => wall - bare.wall[round]);
}

function peaks({ built, hit }) {
  const peak = (what, bytes) => row(`peak memory, ${what}`, [bytes / 1e6], { unit: 'MB', target: 150 });
  return [peak('miss, 1,000 files', built), peak('hit, 1,000 files', hit)];
}
