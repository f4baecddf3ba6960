import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXTREMES, type Number64, setNumber } from '../remote/edit-message.js';
import type { Fault } from '../remote/faulty-proxy.js';
import { type Built, expectOutputs, FILES, RemoteServer, type Scene } from './remote-scene.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

type Paths = readonly (readonly number[])[];

/** Ways to the numbers in the answers of a server (remote_execution.proto, bytestream.proto). */
const LIMITS: Paths = [
  [1, 4],
  [1, 8],
];
const SAYINGS: Paths = [
  [1, 3, 1, 1], // Priorities.
  [1, 3, 1, 2],
  [1, 5], // What symlinks may be.
  [1, 9],
  [1, 10],
  [1, 11, 1], // How blobs are cut.
  [1, 12, 2],
  [3, 1], // The version that is no longer used.
];
const TIMES: Paths = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12].flatMap((time) => [
  [9, time, 1],
  [9, time, 2],
]);
/** The properties of an output file, and whether a tree is sorted. */
const PROPERTIES: Paths = [
  [2, 7, 2, 1],
  [2, 7, 3, 1],
  [3, 4],
];
const SIZES = { 'output file': [2, 2, 2], tree: [3, 3, 2], stdout: [6, 2] };
/** What an answer repeats of its question. */
const REPEATED = {
  FindMissingBlobs: [[2, 2]],
  BatchUpdateBlobs: [[1, 1, 2]],
  UpdateActionResult: [[2, 2, 2], [4], [9, 7, 1]],
};

const values = Object.entries(EXTREMES);
const except = (...names: readonly string[]) => values.filter(([name]) => !names.includes(name));

/** Has the answers of these methods hold the number at the end of each way. */
function holding(ways: Readonly<Record<string, Paths>>, value: Number64) {
  return (method: string): Fault | undefined => {
    const paths = ways[method];
    if (paths === undefined) return undefined;
    return {
      kind: 'garble',
      change: (message) => paths.reduce<Buffer>((changed, path) => setNumber(changed, path, value), message),
    };
  };
}

/** Builds, and nothing that a person reads has a number in it that is none, or a word of the libraries below. */
async function build(scene: Scene, ...flags: readonly string[]): Promise<Built> {
  const built = await scene.build(...flags);
  expect(built.exitCode).toBe(0);
  expectOutputs(built);
  const shown = `${built.stderr}\n${JSON.stringify(built.record)}`;
  expect(shown).not.toMatch(/undefined|NaN|Infinity|SAFE_INTEGER|This is a bug|parsing error|e\+\d/);
  return built;
}

/** For who looks at an entry that others look at: it is gone for a moment while somebody replaces it. */
const READ_ONLY = ['--push', 'never'];

const PUSHED: object = { status: 'ok', pushed: { blobs: expect.any(Number) } };
const HIT: object = { hitFrom: 'remote', remote: { status: 'ok' } };

describe('a server is good', () => {
  test.concurrent.each(except('unknown'))('whose capabilities hold %s', async (_, value) =>
    server.scene(async (scene) => {
      scene.proxy.fault = holding({ GetCapabilities: [...LIMITS, ...SAYINGS] }, value);
      const built = await build(scene);
      expect(built.record).toMatchObject({ result: 'built', remote: PUSHED });
      expect(built.stderr).not.toMatch(/warning/);
      expect((await build(scene)).record).toMatchObject(HIT);
    })(),
  );

  test.concurrent.each(values)('whose answers repeat what they were asked with %s', async (_, value) =>
    server.scene(async (scene) => {
      scene.proxy.fault = holding(REPEATED, value);
      expect((await build(scene)).record).toMatchObject({ result: 'built', remote: PUSHED });
    })(),
  );

  test.concurrent.each(values)('whose entry holds %s as its times and properties', async (_, value) =>
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = holding({ GetActionResult: [...TIMES.slice(2), ...PROPERTIES] }, value);
      const { record, stderr } = await build(scene, ...READ_ONLY);
      expect(record).toMatchObject(HIT);
      expect(stderr).not.toMatch(/the build took [^0]/);
    })(),
  );
});

test.concurrent(
  'a server that takes no blob is told of, with its limit',
  server.scene(async (scene) => {
    scene.proxy.fault = holding({ GetCapabilities: LIMITS }, 1n);
    const { record, stderr } = await build(scene);
    expect(record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
    expect(stderr).toMatch(/the remote takes blobs of at most 1 bytes/);
  }),
);

describe('a status that there is not is a failure:', () => {
  const statuses = except('absent', 'the smallest', 'the largest without a sign');

  test.concurrent.each(statuses)('%s, of what was stored', async (_, value) =>
    server.scene(async (scene) => {
      scene.proxy.fault = holding({ BatchUpdateBlobs: [[1, 2, 1]] }, value);
      const { record, stderr } = await build(scene);
      expect(record).toMatchObject({ result: 'built' });
      expect(stderr).toMatch(/it answers with status -?\d+, which there is not/);
    })(),
  );

  test.concurrent.each(statuses)('%s, of what is read', async (_, value) =>
    server.knowing(FILES, async (scene) => {
      scene.proxy.fault = holding({ BatchReadBlobs: [[1, 3, 1]] }, value);
      const { record, stderr } = await build(scene, ...READ_ONLY);
      expect(record).toMatchObject({ result: 'built' });
      expect(stderr).toMatch(/it answers with status -?\d+, which there is not/);
    })(),
  );

  test.concurrent.each([99, -1, 2 ** 31 - 1])('%d, of a call', async (code) =>
    server.scene(async (scene) => {
      scene.proxy.fault = () => ({ kind: 'error', code, details: 'said so' });
      const { record, stderr } = await build(scene);
      expect(record.remote.status).toBe('unavailable');
      expect(stderr).toContain(`it answers with status ${code}, which there is not: said so`);
    })(),
  );
});

/** One by one: casd drops a blob that it is asked for with another size, and the next build gives it back. */
describe('no blob has', () => {
  test.each(
    except('unknown', 'absent', 'the largest without a sign', 'the smallest').flatMap(([name, value]) =>
      Object.entries(SIZES).map(([what, path]) => [name, what, path, value] as const),
    ),
  )('%s for its size: %s', async (_, __, path, value) =>
    server.scene(async (scene) => {
      await build(scene);
      scene.proxy.fault = holding({ GetActionResult: [path] }, value);
      const { record, stderr } = await build(scene);
      expect(record).toMatchObject({ result: 'built', remote: { status: 'ok' } });
      expect(stderr).toMatch(/the remote result is not usable/);
    })(),
  );
});
