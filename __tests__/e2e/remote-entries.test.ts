import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ActionResult } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf } from '../../src/reapi/digest.js';
import type { Fault } from '../remote/faulty-proxy.js';
import { mountDisk, testOnDisk, unmountDisk } from './memory-disk.js';
import { changeEntry, expectCost, FILES, expectOutputs, firstFile, RemoteServer } from './remote-scene.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

const ABSENT = digestOf(Buffer.from('nobody has this'));

describe('an entry that cannot be used is a miss, and is replaced', () => {
  test.concurrent.each<[string, (result: ActionResult) => void, RegExp]>([
    ['a path that climbs', (result) => (firstFile(result).path = '../x'), /"\.\.\/x", which is not one/],
    [
      'two outputs at one path',
      (result) => result.outputSymlinks.push({ path: 'single', target: 'in.txt', nodeProperties: undefined }),
      /"single", which is not one, or twice/,
    ],
    [
      'an absolute symlink',
      (result) => {
        result.outputFiles = [];
        result.outputSymlinks = [{ path: 'single', target: '/etc/passwd', nodeProperties: undefined }];
      },
      /symlink out of the workspace/,
    ],
    ['an output too few', (result) => (result.outputFiles = []), /lacks the output single/],
  ])('%s', async (_, change, message) =>
    server.scene(async (scene) => {
      await scene.spoil((await scene.build()).record, change);
      const again = await scene.build();
      expect(again.record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'ok' } });
      expect(again.stderr).toMatch(message);
      expectOutputs(again);
      expectCost(again);
      expect((await scene.build()).record.hitFrom).toBe('remote');
    })(),
  );
});

/** casd gives no entry that names what it lacks: these come from a server that looks less closely. */
describe('an entry that lies', () => {
  test.concurrent.each<[string, (result: ActionResult) => void, RegExp, string[]?]>([
    [
      'names an output that the server lacks',
      (result) => (firstFile(result).digest = ABSENT),
      /blob \w+\/15 is missing/,
    ],
    [
      'names an output that the server lacks, to whoever wants none of them',
      (result) => (firstFile(result).digest = ABSENT),
      /blob \w+\/15 is missing/,
      ['--download-outputs', 'false'],
    ],
    [
      'names a text that the server lacks',
      (result) => (result.stdoutDigest = ABSENT),
      /blob \w+\/15 is missing/,
    ],
    [
      'names a tree that the server lacks',
      (result) => result.outputDirectories.forEach((folder) => (folder.treeDigest = ABSENT)),
      /blob \w+\/15 is missing/,
    ],
    [
      'names a tree that is none',
      (result) => {
        const { digest } = firstFile(result);
        result.outputDirectories.forEach((folder) => (folder.treeDigest = digest));
      },
      /tree of .* is (not a Tree|malformed)/,
    ],
    [
      'names a tree of a terabyte',
      (result) =>
        result.outputDirectories.forEach((folder) => (folder.treeDigest = { ...ABSENT, sizeBytes: 1e12 })),
      /more than \d+/,
    ],
    [
      'names an output that no disk has room for',
      (result) => (firstFile(result).digest = { ...ABSENT, sizeBytes: 1e15 }),
      /its outputs need 1 PB, and the disk at \/\S* has \S+ .B free/,
    ],
    [
      'names a text that no disk has room for',
      (result) => (result.stdoutDigest = { ...ABSENT, sizeBytes: 1e15 }),
      /what it printed needs 1 PB, and the disk at/,
    ],
    [
      'names what is no digest',
      (result) => (firstFile(result).digest = { hash: '../../../etc/passwd', sizeBytes: 5 }),
      /"\.\.\/\.\.\/\.\.\/etc\/passwd\/5", which is no digest/,
    ],
    [
      'names a blob that is larger than numbers are exact',
      (result) => (firstFile(result).digest = { ...ABSENT, sizeBytes: 2 ** 60 }),
      /\/9007199254740991", which is no digest/,
    ],
    [
      'names as empty what is not',
      (result) => (firstFile(result).digest = { ...ABSENT, sizeBytes: 0 }),
      /\/0", which is no digest/,
    ],
    [
      'says that the build ended as no process can, with a success for who looks at 8 bits of it',
      (result) => (result.exitCode = 256),
      /no build ends with exit code 256/,
      ['--cache-failures', 'true'],
    ],
    [
      'has a symlink that no file system can have',
      (result) => {
        result.outputFiles = [];
        result.outputSymlinks = [{ path: 'single', target: 'a/'.repeat(4000), nodeProperties: undefined }];
      },
      /too long for this machine/,
    ],
    [
      'has no bytes',
      (result) => Object.assign(result, ActionResult.create()),
      /does not say when it was built/,
    ],
    ['names no digest at all', (result) => (firstFile(result).digest = undefined), /no digest for "single"/],
    [
      'has more folders than there are outputs',
      (result) => {
        const [folder] = result.outputDirectories;
        for (let i = 0; folder !== undefined && i < 1000; i++) result.outputDirectories.push(folder);
      },
      /more outputs than were declared/,
    ],
  ])('%s', async (_, change, message, flags = []) =>
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = (method) =>
        method === 'GetActionResult' ? { kind: 'garble', change: changeEntry(change) } : undefined;
      const again = await scene.build(...flags);
      expect(again.record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'ok' } });
      expect(again.stderr).toMatch(message);
      expect(scene.proxy.calls.UpdateActionResult).toBe(1);
      expectCost(again);
    })(),
  );
});

testOnDisk(
  'outputs that are larger than there is room for are not fetched, and the build is done here',
  server.knowing(FILES, async (scene) => {
    const large = Buffer.alloc(20_000_000);
    const other = await scene
      .freshMachine()
      .record(
        [...scene.flags.slice(0, -4), '--outputs', 'large'],
        `head -c ${large.length} /dev/zero > large`,
      );
    expect(other.record).toMatchObject({ remote: { status: 'ok' } });
    scene.proxy.fault = (method) => {
      const change = changeEntry((result) => (firstFile(result).digest = digestOf(large)));
      return method === 'GetActionResult' ? { kind: 'garble', change } : undefined;
    };
    const machine = scene.freshMachine();
    mountDisk(machine.checkout, '10m');
    try {
      machine.write('in.txt', 'x');
      const again = await scene.buildOn(machine);
      expect(again.stderr).toMatch(/its outputs need 20 MB, and the disk at \S*checkout has 10\S* MB free/);
      expect(again.record).toMatchObject({ result: 'built', exitCode: 0, remote: { status: 'ok' } });
      expectOutputs(again);
    } finally {
      unmountDisk(machine.checkout);
    }
  }),
);

describe('a blob with wrong bytes', () => {
  const LARGE = { 'in.txt': `${'x'.repeat(8_000_000)}end` };
  const garbled = (from: string, to: string): Fault => ({
    kind: 'garble',
    change: (message) => Buffer.from(message.toString('latin1').replace(from, to), 'latin1'),
  });

  test.concurrent(
    'is not used, and the entry is replaced',
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = (method) => (method === 'BatchReadBlobs' ? garbled('more\n', 'evil\n') : undefined);
      const again = await scene.build();
      expect(again.record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expect(again.stderr).toMatch(/is corrupt/);
      expect(scene.proxy.calls.UpdateActionResult).toBe(1);
      expectOutputs(again);
      expectCost(again);
    }),
  );

  test.concurrent(
    'at the very end of a large one: what it took to get there is told',
    server.knowing(LARGE, async (scene) => {
      scene.proxy.fault = (method) => (method === 'Read' ? garbled('xend', 'xbad') : undefined);
      const again = await scene.buildOn(scene.freshMachine(LARGE));
      expect(again.record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expect(again.stderr).toMatch(/is corrupt/);
      expect(again.machine.read('out/in.txt')).toBe(LARGE['in.txt']);
      expect(scene.proxy.calls.UpdateActionResult).toBe(1);
      expectCost(again, 1);
    }),
  );
});
