import { expect, test } from '@jest/globals';
import { renderRecord } from '../../../src/report/run/record.js';
import { BUILT, HIT } from './sample-report.js';

test('the record of a build', () => {
  expect(JSON.parse(JSON.stringify(renderRecord(BUILT)))).toMatchSnapshot();
});

test('the record of a hit tells who built it', () => {
  expect(renderRecord(HIT)).toMatchObject({
    result: 'hit',
    hitFrom: 'local',
    builtBy: 'https://github.com/octo/zlib/actions/runs/7000000001/attempts/1',
    buildDuration: 11_240,
    buildbox: null,
    cache: { size: null, quota: null, restored: 0, saved: 0, expired: 0 },
    timings: { inputs: 28, toolchain: 6, lookup: 3, outputs: 9 },
  });
});
