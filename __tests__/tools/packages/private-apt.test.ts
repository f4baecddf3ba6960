import { execFileSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { gatherAptFacts } from '../../../src/tools/packages/apt-facts.js';
import { ensureBuildBox } from '../../../src/tools/buildbox/buildbox.js';
import { candidateIn, downloadSettings, isLost } from '../../../src/tools/packages/private-apt.js';
import { findOnHost, inTemporaryFolder, makeContext } from '../support.js';

test('of the host’s settings only those that reach a mirror are taken', () => {
  const dump = `APT::Get::AllowUnauthenticated "true";
Dir::Etc::parts "apt.conf.d";
Acquire "";
Acquire::AllowInsecureRepositories "1";
Acquire::AllowWeakRepositories "1";
Acquire::AllowDowngradeToInsecureRepositories "1";
Acquire::IndexTargets::deb::DEP-11::MetaKey "x";
Acquire::Languages:: "none";
Acquire::Check-Valid-Until "false";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::CAInfo "/etc/ssl/own.pem";
DPkg::Post-Invoke:: "rm -rf /";
`;
  expect(downloadSettings(dump).split('\n')).toEqual([
    'Acquire::Check-Valid-Until "false";',
    'Acquire::http::Proxy "http://proxy.example:3128";',
    'Acquire::https::CAInfo "/etc/ssl/own.pem";',
  ]);
});

test.each([
  ['buildbox:\n  Installed: (none)\n  Candidate: 1.4.30+dfsg-1+b1\n  Version table:\n', '1.4.30+dfsg-1+b1'],
  ['buildbox:\n  Installed: (none)\n  Candidate: (none)\n', undefined],
  ['', undefined],
])('the candidate in %j is %s', (policy, expected) => {
  expect(candidateIn(policy)).toBe(expected);
});

test.each([
  [
    'E: Failed to fetch http://m/x  Could not connect to m:80 (10.0.0.1). - connect (111: Connection refused)',
    true,
  ],
  ['W: Failed to fetch http://m/x  Temporary failure resolving m', true],
  ['E: Failed to fetch http://m/x  503  Service Unavailable', true],
  ["E: The repository 'http://m sid InRelease' is not signed.", false],
  ['W: GPG error: NO_PUBKEY 6ED0E7B82643E131\nE: Could not connect to m', false],
  ['E: Release file for http://m is expired (invalid since 17d)', false],
])('another attempt after %j: %s', (complaint, expected) => {
  expect(isLost(complaint)).toBe(expected);
});

/** Serves an index that claims to be Debian's, on a host whose settings would let an unsigned one pass. */
async function withForgedMirror<T>(
  folder: string,
  release: (text: string) => Promise<Readonly<Record<string, string>>>,
  work: (aptConfig: string) => Promise<T>,
): Promise<T> {
  const hash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'; // of nothing
  const indexes = ['amd64', 'arm64'].map((arch) => ` ${hash} 0 main/binary-${arch}/Packages\n`).join('');
  const files = await release(
    `Origin: Debian\nSuite: unstable\nCodename: sid\nDate: ${new Date().toUTCString()}\nSHA256:\n${indexes}`,
  );
  const server = createServer((request, response) => {
    const name = request.url?.replace('/debian/dists/sid/', '') ?? '';
    const body = name.endsWith('/Packages') ? '' : files[name];
    if (body === undefined) response.writeHead(404);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/debian`;
    await mkdir(join(folder, 'parts'));
    await writeFile(join(folder, 'sources.list'), `deb [trusted=yes] ${mirror} bookworm main\n`);
    await writeFile(
      join(folder, 'apt.conf'),
      `Dir::Etc::sourcelist "${folder}/sources.list";\nDir::Etc::sourceparts "${folder}/parts";\n` +
        'Acquire::AllowInsecureRepositories "true";\nAPT::Get::AllowUnauthenticated "true";\n',
    );
    return await work(join(folder, 'apt.conf'));
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function sign(folder: string, text: string): Promise<string> {
  const home = join(folder, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  const gpg = (args: readonly string[], input = '') =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--passphrase', '', ...args], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
  gpg([
    '--quick-generate-key',
    'Debian Archive Automatic Signing Key <ftpmaster@debian.example>',
    'ed25519',
    'sign',
  ]);
  const signed = gpg(['--clearsign'], text).toString();
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  return signed;
}

const apt = findOnHost('apt-get');
const gpg = findOnHost('gpg');
const keyring =
  apt === undefined
    ? undefined
    : (await inTemporaryFolder((folder) => gatherAptFacts(makeContext(folder), folder))).debianKeyring;

(keyring === undefined ? describe.skip : describe)('an index that Debian did not sign', () => {
  test.each<[string, (folder: string, text: string) => Promise<Readonly<Record<string, string>>>]>([
    ['not signed at all', (_, text) => Promise.resolve({ Release: text })],
    ['not signed, where a signed one should be', (_, text) => Promise.resolve({ InRelease: text })],
    ...(gpg === undefined
      ? []
      : [
          [
            'signed with a key of the same name',
            async (folder: string, text: string) => ({ InRelease: await sign(folder, text) }),
          ] as const,
        ].map(([title, make]): [string, typeof make] => [title, make])),
  ])('is refused: %s', (_, make) =>
    inTemporaryFolder((folder) =>
      withForgedMirror(
        folder,
        (text) => make(folder, text),
        async (APT_CONFIG) => {
          const context = makeContext(join(folder, 'tools'), { environment: { APT_CONFIG } });
          const request = {
            source: 'debian',
            version: undefined,
            url: undefined,
            sha256: undefined,
          } as const;
          const failing = ensureBuildBox(request, context);
          await expect(failing).rejects.toMatchObject({
            name: 'Fault',
            message: expect.stringMatching(
              /apt could not fetch the index of sid of http:\/\/127\.0\.0\.1.*(not signed|NO_PUBKEY|Clearsigned file|NOSPLIT|Release file)/s,
            ),
          });
          expect(await readdir(join(folder, 'tools'))).toEqual([]);
        },
      ),
    ),
  );
});
