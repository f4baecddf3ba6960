import { describe, expect, test } from '@jest/globals';
import { renderSummary } from '../../../src/report/run/summary.js';
import { BUILT, FAILED, HIT, HOSTILE } from './sample-report.js';

test('a build', () => {
  expect(renderSummary(BUILT)).toMatchSnapshot();
});

test('a hit', () => {
  expect(renderSummary(HIT)).toMatchSnapshot();
});

test('a failed build, with the end of what it printed', () => {
  expect(
    renderSummary(FAILED, ['x.c:1: error: `y` undeclared', 'make: *** [x.o] Error 1']),
  ).toMatchSnapshot();
});

test('a failure that was remembered says so', () => {
  const text = renderSummary({ ...FAILED, result: 'hit', hitFrom: 'local', failure: 'timed out after 1 h' });
  expect(text).toMatch(/^### ❌ .*failed, as remembered, with exit code 2 in 13\.4 s\n/);
  expect(text).toContain('**timed out after 1 h**');
});

describe('text from outside', () => {
  const text = renderSummary(HOSTILE, ['```', '</details> @octocat', '`````']);

  test('looks like this', () => {
    expect(text).toMatchSnapshot();
  });

  const outsideOfFences = text.replace(/^(`{3,})text$[^]*?^\1$/gm, '');

  test('makes no tags but ours', () => {
    const tags = new Set(outsideOfFences.match(/<\/?\w+/g));
    expect([...tags].sort()).toEqual(['</code', '</details', '</summary', '<code', '<details', '<summary']);
  });

  test('makes no mention, link, emphasis, heading or cell of its own', () => {
    expect(outsideOfFences).not.toMatch(/@octocat|www\.|http:|javascript:|\*b\*|_i_|^#+ heading/m);
    const rows = outsideOfFences.split('\n').filter((line) => line.startsWith('| '));
    const widths = new Set(rows.map((row) => row.replaceAll(' | ', '|').split('|').length - 2));
    expect([...widths].sort()).toEqual([2, 3, 4]);
  });

  test('cannot end the code block that it stands in', () => {
    expect(text).toContain('``````text\n```\n</details> @octocat\n`````\n``````\n');
  });
});

test('a report of any size stays far below the 1 MiB that GitHub takes', () => {
  const long = '|`<@'.repeat(50_000);
  const many = Array.from({ length: 500 }, () => long);
  const text = renderSummary(
    {
      ...HOSTILE,
      title: long,
      failure: long,
      builtBy: `https://e.com/${long}`,
      toolchain: { rootfs: 'host', identity: long, cut: many, bySize: many },
      outputs: Array.from({ length: 5000 }, (_, index) => ({
        path: `${long}${index}`,
        kind: 'file' as const,
        digest: null,
        size: 1,
        executable: false,
      })),
      warnings: Array.from({ length: 1000 }, () => long),
    },
    Array.from({ length: 1000 }, () => '`'.repeat(100_000)),
  );
  expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024 * 0.6);
  expect(text).toContain('and 4,900 more outputs: the build record names them all.');
  expect(text).toContain('- and 980 more warnings');
});
