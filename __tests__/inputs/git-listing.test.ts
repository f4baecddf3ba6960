import { describe, expect, test } from '@jest/globals';
import { parseListing } from '../../src/inputs/git-listing.js';

const HASH = 'a'.repeat(40);

describe('what git ls-files prints', () => {
  test.each([
    ['a tracked file', `H 100644 ${HASH} 0\tsrc/a.c\0`, { tracked: ['src/a.c'] }],
    ['an object id of SHA-256', `H 100755 ${'b'.repeat(64)} 0\ta\0`, { tracked: ['a'] }],
    ['a sparse one', `S 100644 ${HASH} 0\ta\0`, { tracked: ['a'] }],
    ['both sides of a conflict', `M 100644 ${HASH} 2\ta\0M 100644 ${HASH} 3\ta\0`, { tracked: ['a', 'a'] }],
    ['a submodule', `H 160000 ${HASH} 0\tlib\0`, { submodules: ['lib'] }],
    ['an untracked file', '? new\0', { untracked: ['new'] }],
    [
      'an untracked file that poses as tracked',
      `? H 100644 ${HASH} 0\tx\0`,
      { untracked: [`H 100644 ${HASH} 0\tx`] },
    ],
    ['a repository in the way', '? nested/\0', { repositories: ['nested'] }],
    ['names with tabs and line ends', `H 100644 ${HASH} 0\ta\tb\nc\0`, { tracked: ['a\tb\nc'] }],
    ['nothing', '', {}],
  ])('is read: %s', (_, output, expected) => {
    const nothing = { tracked: [], untracked: [], submodules: [], repositories: [] };
    expect(parseListing(Buffer.from(output))).toEqual({ ...nothing, ...expected });
  });

  test('is read: a name that is not UTF-8, byte by byte', () => {
    expect(parseListing(Buffer.from('? caf\xe9\0', 'latin1')).untracked).toEqual(['caf\xe9']);
  });
});
