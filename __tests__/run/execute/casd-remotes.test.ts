import { mkdtempSync, readFileSync, rmSync, statSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { casdRemotes, whyUnable } from '../../../src/run/execute/casd-remotes.js';
import type { RemoteInput } from '../../../src/config/remote.js';
import { settingsOf } from '../../remote/endpoint-server.js';

type Given = Partial<Record<RemoteInput, string>>;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'casd-remotes-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

test('addresses are written as casd reads them', async () => {
  const settings = settingsOf({
    remote: 'grpcs://host',
    'remote-action-cache': 'unix:/s%2F#?:ä',
    'remote-instance': 'main',
  });
  await using remotes = await casdRemotes(settings, {
    folder,
    readOnly: false,
    execution: true,
    asset: false,
  });
  if (!('servers' in remotes)) throw new Error(remotes.unable);
  expect(remotes.servers.cas).toMatchObject({ url: 'https://host:443', instance: 'main', readOnly: false });
  expect(remotes.servers.actionCache.url).toBe('unix:/s%252F%23%3F:ä');
  expect(remotes.servers.execution?.url).toBe('https://host:443');
  expect(remotes.servers.asset).toBeUndefined();
});

test.each([
  [true, ['Remote Asset', 'Execution']],
  [false, []],
])(
  'what casd would write to is attached only where writing is allowed: read-only %s',
  async (readOnly, leftOut) => {
    const settings = settingsOf({ remote: 'grpcs://host' });
    await using remotes = await casdRemotes(settings, { folder, readOnly, execution: true, asset: true });
    if (!('servers' in remotes)) throw new Error(remotes.unable);
    const { cas, actionCache, asset, execution } = remotes.servers;
    expect([cas.readOnly, actionCache.readOnly]).toEqual([readOnly, readOnly]);
    expect([asset === undefined, execution === undefined]).toEqual([readOnly, readOnly]);
    expect(remotes.leftOut).toEqual(leftOut);
  },
);

test('a token lies in a file for its owner only, as long as it is needed', async () => {
  const settings = settingsOf({ remote: 'grpcs://host', 'remote-token': 'sesame' });
  let file: string | undefined;
  {
    await using remotes = await casdRemotes(settings, {
      folder,
      readOnly: false,
      execution: false,
      asset: false,
    });
    file = 'servers' in remotes ? remotes.servers.cas.tokenFile : undefined;
    expect(readFileSync(file ?? '', 'utf8')).toBe('sesame');
    expect(statSync(file ?? '').mode & 0o077).toBe(0);
  }
  expect(existsSync(file ?? '')).toBe(false);
});

describe('what casd cannot be told', () => {
  test.each<[Given, string | undefined]>([
    [{ remote: 'grpcs://host', 'remote-token': 'x' }, undefined],
    [{ remote: 'grpc://host' }, undefined],
    [{ remote: 'unix:/a,b' }, 'comma'],
    [{ remote: 'grpc://host', 'remote-token': 'x' }, 'grpcs://'],
    [{ remote: 'grpcs://host', 'remote-headers': 'a: b' }, 'headers'],
    [{ remote: 'grpcs://me:pass@host' }, 'user and password'],
    [{ remote: 'grpcs://host', 'remote-credential-helper': 'helper' }, 'helper'],
    [{ remote: 'grpcs://host', 'remote-oidc-audience': 'cas' }, 'identity'],
  ])('%j', (given, says) => {
    const why = whyUnable(settingsOf(given));
    expect(says === undefined ? why : why?.includes(says)).toBe(says === undefined ? undefined : true);
  });
});
