import { describe, expect, test } from '@jest/globals';
import { ActionResult, Tree } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { UnusableResult } from '../../src/cas/unusable-result.js';
import { missingOutputs, planOutputs, treeDigests } from '../../src/outputs/plan.js';
import { digestOf } from '../../src/reapi/digest.js';

const blob = digestOf(Buffer.from('x'));
const tree = Tree.fromPartial({
  root: { files: [{ name: 'x', digest: blob }], symlinks: [{ name: 'up', target: '../../Makefile' }] },
});
const treeBytes = Tree.encode(tree).finish();
const treeDigest = digestOf(treeBytes);
const trees = new Map([[treeDigest.hash, treeBytes]]);

const plan = (result: object, declared: readonly string[]) =>
  planOutputs(ActionResult.fromPartial(result), trees, declared, 'sub');

describe('planOutputs', () => {
  test('takes files, folders and symlinks', () => {
    const planned = plan(
      {
        outputFiles: [{ path: 'app', digest: blob, isExecutable: true }],
        outputDirectories: [{ path: 'logs', treeDigest }],
        outputSymlinks: [{ path: 'latest', target: 'app' }],
      },
      ['app', 'logs', 'latest'],
    );
    expect(planned.map(({ path, kind, size, executable }) => ({ path, kind, size, executable }))).toEqual([
      { path: 'app', kind: 'file', size: 1, executable: true },
      { path: 'latest', kind: 'symlink', size: 0, executable: false },
      { path: 'logs', kind: 'directory', size: 1, executable: false },
    ]);
    expect(planned.at(-1)?.nodes.map(({ path }) => path)).toEqual(['logs', 'logs/x', 'logs/up']);
  });

  test('a symlink given in the old field and the new is one output', () => {
    const link = { path: 'latest', target: 'app' };
    expect(plan({ outputSymlinks: [link], outputFileSymlinks: [link] }, ['latest'])).toHaveLength(1);
  });

  test.each<[string, object]>([
    ['a path that was not declared', { outputFiles: [{ path: 'other', digest: blob }] }],
    ['a path that climbs', { outputFiles: [{ path: '../app', digest: blob }] }],
    ['an absolute path', { outputFiles: [{ path: '/app', digest: blob }] }],
    [
      'two outputs at one path',
      { outputFiles: [{ path: 'app', digest: blob }], outputSymlinks: [{ path: 'app', target: 'x' }] },
    ],
    ['a file without a digest', { outputFiles: [{ path: 'app' }] }],
    ['an absolute symlink', { outputSymlinks: [{ path: 'app', target: '/etc/passwd' }] }],
    ['a symlink out of the workspace', { outputSymlinks: [{ path: 'app', target: '../../x' }] }],
    ['a symlink to nowhere', { outputSymlinks: [{ path: 'app', target: '' }] }],
    ['a symlink that no file system has', { outputSymlinks: [{ path: 'app', target: 'x\0y' }] }],
    ['more files than were declared', { outputFiles: Array(2).fill({ path: 'app', digest: blob }) }],
    ['a symlink into git’s own folder', { outputSymlinks: [{ path: 'app', target: '.GIT/hooks' }] }],
    ['a tree that is not there', { outputDirectories: [{ path: 'app', treeDigest: blob }] }],
  ])('refuses %s', (_, result) => expect(() => plan(result, ['app'])).toThrow(UnusableResult));

  test('a symlink may climb as long as it stays in the workspace', () => {
    expect(plan({ outputSymlinks: [{ path: 'app', target: '../README' }] }, ['app'])).toHaveLength(1);
  });

  describe('symlinks that pass through others', () => {
    /** In the folder `app`, which is in `sub`. */
    const links = (...targets: readonly string[]) => {
      const symlinks = targets.map((target, number) => ({ name: `l${number}`, target }));
      const chain = Tree.fromPartial({ root: { symlinks, directories: [] } });
      const bytes = Tree.encode(chain).finish();
      const digest = digestOf(bytes);
      const result = ActionResult.fromPartial({ outputDirectories: [{ path: 'app', treeDigest: digest }] });
      return () => planOutputs(result, new Map([[digest.hash, bytes]]), ['app'], 'sub');
    };

    test.each([
      [['../..', 'l0/../x']],
      [['../..', 'l0/./sub/../../x']],
      [['l1/..', 'l2', '../..']],
      [['l1/x/../../../..', '.']],
      [['l1/x', 'y/../../../..']],
    ])('%j leads out', (targets) => expect(links(...targets)).toThrow(/symlink out of the workspace/));

    test.each([
      [['x/../y/..', '../../Makefile']],
      [['l1/../../..', 'x/y/z']],
      [['../..', 'l0/sub/app/../../x']],
      [['l1/..', 'l0/..']],
      [['l0']],
    ])('%j does not', (targets) => expect(links(...targets)()).toHaveLength(1));
  });

  test('names the trees it needs and the outputs it lacks', () => {
    expect(
      treeDigests(ActionResult.fromPartial({ outputDirectories: [{ path: 'logs', treeDigest }] })),
    ).toEqual([treeDigest]);
    const planned = plan({ outputFiles: [{ path: 'app', digest: blob }] }, ['app', 'logs']);
    expect(missingOutputs(planned, ['app', 'logs'])).toEqual(['logs']);
  });
});
