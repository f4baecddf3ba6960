import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { PreparedAction } from '../../../src/run/prepare/prepare.js';
import { pushResult } from '../../../src/run/keep/push-result.js';
import type { RemoteSession } from '../../../src/run/remote-session.js';
import {
  ActionResult,
  Directory,
  Tree,
} from '../../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf } from '../../../src/reapi/digest.js';
import { StoredFolder } from '../../local/stored-folder.js';
import { type Connected, connectTo } from '../../remote/connected.js';
import { MapServer } from '../../remote/map-server.js';

const signal = new AbortController().signal;
const action = Buffer.from('action');
const command = Buffer.from('command');
let server: MapServer;
let connection: Connected;
let stored: StoredFolder;
let warnings: string[];

beforeEach(async () => {
  server = new MapServer();
  await server.start();
  connection = connectTo(server.address);
  stored = new StoredFolder();
  warnings = [];
});

afterEach(() => {
  connection.close();
  server.stop();
  stored[Symbol.dispose]();
});

/** A result whose folder is told both as a Tree and by its root Directory, which has another below it. */
function makeResult() {
  const inner = Directory.encode(
    Directory.fromPartial({ files: [{ name: 'file', digest: stored.blob('inner') }] }),
  ).finish();
  const outer = Directory.fromPartial({ directories: [{ name: 'inner', digest: stored.blob(inner) }] });
  const tree = Tree.fromPartial({ root: outer, children: [Directory.decode(inner)] });
  return ActionResult.fromPartial({
    outputFiles: [{ path: 'single', digest: stored.blob('single') }],
    outputDirectories: [
      {
        path: 'folder',
        treeDigest: stored.blob(Tree.encode(tree).finish()),
        rootDirectoryDigest: stored.blob(Directory.encode(outer).finish()),
      },
    ],
    stdoutDigest: stored.blob('said'),
  });
}

async function push(result: ActionResult): Promise<void> {
  const session: Partial<RemoteSession> = {
    attempt: (_, work) => work(),
    pushed: () => undefined,
    hide: (text) => text,
  };
  const prepared: Partial<PreparedAction> = { action, command, actionDigest: digestOf(action) };
  await pushResult(
    {
      session: session as RemoteSession,
      services: { cas: connection.cas, actionCache: connection.actionCache, updateEnabled: true },
      log: { warn: (line: string) => warnings.push(line), phase: () => undefined } as never,
      folder: stored.folder,
      prepared: prepared as PreparedAction,
      known: { result, planned: [] },
      rootfs: undefined,
      pushInputs: false,
    },
    signal,
  );
}

test('all that the entry needs is there before it, also below a root directory', async () => {
  const result = makeResult();
  await push(result);
  expect(warnings).toEqual([]);
  expect(server.results.get(digestOf(action).hash)).toEqual(result);
  const [folder] = result.outputDirectories;
  const needed = [folder?.rootDirectoryDigest?.hash, folder?.treeDigest?.hash];
  expect([...server.blobs.keys()]).toEqual(expect.arrayContaining(needed));
  // Action and Command, two files, what was said, the Tree, and two Directory messages.
  expect(server.blobs.size).toBe(8);
});

test('a result of which something is gone stays here', async () => {
  const result = makeResult();
  const [folder] = result.outputDirectories;
  if (folder?.rootDirectoryDigest === undefined) throw new Error('no root');
  stored.remove(folder.rootDirectoryDigest);
  await push(result);
  expect(warnings).toEqual([expect.stringMatching(/is missing: the result stays here$/)]);
  expect([server.results.size, server.blobs.size]).toEqual([0, 0]);
});
