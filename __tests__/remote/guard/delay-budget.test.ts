import { describe, expect, test } from '@jest/globals';
import { createDelayBudget, LostTime } from '../../../src/remote/guard/delay-budget.js';

describe('lost time', () => {
  test.each([
    {
      name: 'apart',
      stretches: [
        [0, 10],
        [20, 30],
      ],
      total: 20,
    },
    {
      name: 'at the same time',
      stretches: [
        [0, 10],
        [0, 10],
      ],
      total: 10,
    },
    {
      name: 'overlapping',
      stretches: [
        [0, 10],
        [5, 15],
      ],
      total: 15,
    },
    {
      name: 'around several',
      stretches: [
        [1, 2],
        [3, 4],
        [5, 6],
        [0, 7],
      ],
      total: 7,
    },
    {
      name: 'around some',
      stretches: [
        [0, 2],
        [4, 5],
        [3, 6],
      ],
      total: 5,
    },
    {
      name: 'touching',
      stretches: [
        [0, 2],
        [2, 4],
      ],
      total: 4,
    },
    {
      name: 'before others',
      stretches: [
        [10, 20],
        [30, 40],
        [0, 5],
      ],
      total: 25,
    },
    {
      name: 'between others',
      stretches: [
        [0, 10],
        [30, 40],
        [5, 20],
        [25, 30],
      ],
      total: 35,
    },
    {
      name: 'within another',
      stretches: [
        [0, 10],
        [20, 40],
        [2, 4],
        [25, 30],
      ],
      total: 30,
    },
    {
      name: 'empty',
      stretches: [
        [3, 3],
        [5, 4],
      ],
      total: 0,
    },
  ] as const)('$name: each moment counts once', ({ stretches, total }) => {
    const lost = new LostTime();
    for (const [from, until] of stretches) lost.count(from, until);
    expect(lost.total).toBe(total);
  });
});

test('the budget goes down to nothing, not below', () => {
  const budget = createDelayBudget(100);
  budget.count(0, 60);
  expect(budget.left).toBe(40);
  budget.count(70, 170);
  expect(budget.left).toBe(0);
});

test('waiting uses it up, and is not lost', () => {
  const budget = createDelayBudget(100);
  budget.wait(0, 60);
  budget.count(50, 70);
  expect([budget.left, budget.lost.total]).toEqual([30, 20]);
});
