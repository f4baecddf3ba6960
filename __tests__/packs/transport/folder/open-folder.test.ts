import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolder } from '../../../../src/packs/transport/folder/open-folder.js';
import type { Transport } from '../../../../src/packs/transport/transport.js';

const never = new AbortController().signal;
let root: string;
let open: Transport[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'open-folder-'));
  open = [];
});
afterEach(async () => {
  for (const transport of open) await transport.close();
  await rm(root, { recursive: true });
});

const ACCESS = 'process.send({ access: { read: true, write: true, why: null } });';
/** Says what it may, takes requests, and answers none. */
const SILENT = `${ACCESS} process.on('message', () => {});`;

/** A folder with this program for its helper; the real one is a bundle, which the e2e tests run. */
async function openWith(program: string, limit = 30_000, signal = never): Promise<Transport> {
  const file = join(root, 'helper.mjs');
  await writeFile(file, program);
  const options = { path: '/srv/cache', program: file, node: process.execPath, environment: {}, limit };
  const transport = await openFolder(options, signal);
  open.push(transport);
  return transport;
}

const closed = (why: string) => ({ read: false, write: false, why });

describe('a folder is closed', () => {
  test.each([
    ['that does not answer', 'setInterval(() => {}, 1000);', 500, 'the folder /srv/cache does not answer'],
    [
      'whose helper ends',
      'process.exitCode = 3; process.disconnect();',
      30_000,
      'the folder /srv/cache: its helper process ended early (exit code 3)',
    ],
  ])('%s', async (_, program, limit, why) => {
    const transport = await openWith(program, limit);
    expect(transport.access).toEqual(closed(why));
    await expect(transport.has('k', never)).rejects.toMatchObject({ kind: 'denied', message: why });
  });

  test('whose helper cannot be started', async () => {
    const options = { path: '/srv/cache', program: 'none', node: join(root, 'none'), environment: {} };
    const transport = await openFolder({ ...options, limit: 30_000 }, never);
    open.push(transport);
    expect(transport.access.why).toContain('ENOENT');
  });

  test('by the helper, who says why', async () => {
    const transport = await openWith(`process.send({ access: ${JSON.stringify(closed('it is locked'))} });`);
    expect(transport.access).toEqual(closed('it is locked'));
  });
});

describe('a request', () => {
  test('fails as it failed in the helper', async () => {
    const answer = "{ id, failure: { message: 'no space is left', kind: 'failed' } }";
    const transport = await openWith(`${ACCESS} process.on('message', ({ id }) => process.send(${answer}));`);
    const failure = { name: 'TransportError', kind: 'failed', message: 'no space is left' };
    await expect(transport.fetch('k', 'target', 10, never)).rejects.toMatchObject(failure);
  });

  test('for what is too large fails so', async () => {
    const answer = "{ id, failure: { kind: 'oversized', key, most } }";
    const transport = await openWith(
      `${ACCESS} process.on('message', ({ id, key, most }) => process.send(${answer}));`,
    );
    const failure = { name: 'OversizedObject', key: 'k', most: 10 };
    await expect(transport.fetch('k', 'target', 10, never)).rejects.toMatchObject(failure);
  });

  test('gets its own answer, whatever the order', async () => {
    const program = `${ACCESS} const held = []; process.on('message', (request) => {
      if (held.push(request) === 3) for (const { id, key } of held.reverse()) process.send({ id, value: key });
    });`;
    const transport = await openWith(program);
    const answers = ['a', 'b', 'c'].map((key) => transport.has(key, never));
    expect(await Promise.all(answers)).toEqual(['a', 'b', 'c']);
  });

  test('that hangs is given up, and the helper is told so', async () => {
    const program = `${ACCESS} let first; process.on('message', (request) => {
      if (request.do === 'give up') process.send({ id: first + 1, value: request.id === first });
      first ??= request.id;
    });`;
    const transport = await openWith(program);
    const abort = new AbortController();
    const hanging = transport.has('k', abort.signal);
    const next = transport.has('l', never);
    abort.abort(new Error('enough'));
    await expect(hanging).rejects.toThrow('enough');
    expect(await next).toBe(true);
  });

  test('fails when the helper ends, and so does every one after it', async () => {
    const transport = await openWith(`${ACCESS} process.on('message', () => process.exit(1));`);
    const early = { kind: 'failed', message: expect.stringContaining('ended early (exit code 1)') };
    await expect(transport.store('k', 'file', never)).rejects.toMatchObject(early);
    await expect(transport.has('k', never)).rejects.toMatchObject(early);
  });
});

test('the close ends a helper that does not end by itself', async () => {
  const program = `${SILENT} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`;
  const transport = await openWith(program);
  const asked = transport.has('k', never);
  const rejected = expect(asked).rejects.toMatchObject({ message: expect.stringContaining('SIGKILL') });
  await transport.close();
  await rejected;
});

test('an abort ends the opening, and the helper', async () => {
  const abort = new AbortController();
  const opening = openWith('setInterval(() => {}, 1000);', 30_000, abort.signal);
  setTimeout(() => abort.abort(new Error('enough')), 100);
  await expect(opening).rejects.toThrow('enough');
});
