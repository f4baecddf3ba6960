import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { digestOf } from '../../src/reapi/digest.js';
import { RemoteServer } from './remote-scene.js';
import { type Runner, startRunner } from './runner.js';

const server = new RemoteServer();
let runner: Runner;
let workspace: string;

beforeAll(async () => {
  await server.start();
  runner = await startRunner();
  workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  writeFileSync(join(workspace, 'greeting'), 'hello');
});
afterAll(async () => {
  await runner.dispose();
  await server.stop();
  rmSync(workspace, { recursive: true, force: true });
});

const payload = { repository: { default_branch: 'main' } };
const main = 'refs/heads/main';

/** What is pushed is told by the server, not by the run: an entry there is what others believe. */
test.each<[string, string | undefined, string | undefined, object, string, boolean]>([
  ['a push to the default branch', 'push', main, payload, 'trusted', true],
  ['a push to the default branch, of which no payload tells', 'push', main, {}, 'trusted', false],
  ['a push to another branch', 'push', 'refs/heads/main2', payload, 'trusted', false],
  ['a pull request', 'pull_request', 'refs/pull/1/merge', payload, 'trusted', false],
  [
    'a pull request under the name of its base',
    'pull_request_target',
    main,
    { ...payload, pull_request: { head: { repo: { fork: true } } } },
    'trusted',
    false,
  ],
  ['no event at all', undefined, main, payload, 'trusted', false],
  ['a pull request that may', 'pull_request', 'refs/pull/1/merge', payload, 'always', true],
  ['a push to the default branch that may not', 'push', main, payload, 'never', false],
])('%s', async (name, event, ref, about, push, isPushed) => {
  const { exitCode, outputs, post, leftovers } = await runner.runJob({
    action: resolve('.'),
    inputs: { run: `echo '${name}' | tee out`, outputs: 'out', remote: server.address, push },
    workspace,
    event: { name: event ?? '', payload: about },
    environment: {
      RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '',
      GITHUB_REF: ref,
      ...(event === undefined ? { GITHUB_EVENT_NAME: undefined } : {}),
    },
  });
  expect([exitCode, outputs.result, outputs['remote-status'], post?.exitCode]).toEqual([0, 'built', 'ok', 0]);
  const { 'action-digest': action = '' } = outputs;
  const output = digestOf(Buffer.from(`${name}\n`));
  expect([await server.knows(action), await server.holds(output)]).toEqual([isPushed, isPushed]);
  expect(leftovers).toEqual([]);
});
