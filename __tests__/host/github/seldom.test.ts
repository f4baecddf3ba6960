import { expect, test } from '@jest/globals';
import { Seldom } from '../../../src/host/github/seldom.js';

test('it is time ten seconds after the last that was told, whoever told it', () => {
  let now = 100_000;
  const seldom = new Seldom(() => now);
  const times: number[] = [];
  for (let second = 0; second < 40; second++, now += 1000) {
    if (second === 15) seldom.told();
    if (seldom.isTime()) times.push(second);
  }
  expect(times).toEqual([10, 25, 35]);
});
