import { describe, expect, test } from '@jest/globals';
import { parseOneLineSources, parseStanzaSources } from '../../../src/tools/packages/apt-sources.js';

test('the one-line style', () => {
  const text = `# comment
deb http://deb.example/debian bookworm main contrib # trailing
  deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg trusted=yes] https://repo.example/apt stable main
deb-src http://deb.example/debian bookworm main
deb mirror+file:/etc/apt/apt-mirrors.txt jammy main restricted
nonsense
`;
  expect(parseOneLineSources(text)).toEqual([
    {
      uris: ['http://deb.example/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      signedBy: undefined,
    },
    {
      uris: ['https://repo.example/apt'],
      suites: ['stable'],
      components: ['main'],
      signedBy: '/usr/share/keyrings/x.gpg',
    },
    {
      uris: ['mirror+file:/etc/apt/apt-mirrors.txt'],
      suites: ['jammy'],
      components: ['main', 'restricted'],
      signedBy: undefined,
    },
  ]);
});

describe('the stanza style', () => {
  test('lists, comments, continued and missing fields', () => {
    const text = `Types: deb deb-src
# snapshot: http://old.example/
URIs: http://one.example/debian
  http://two.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

types: deb
uris: http://three.example/x
suites: ./
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
`;
    expect(parseStanzaSources(text)).toEqual([
      {
        uris: ['http://one.example/debian', 'http://two.example/debian'],
        suites: ['bookworm', 'bookworm-updates'],
        components: ['main'],
        signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      },
      {
        uris: ['http://three.example/x'],
        suites: ['./'],
        components: [],
        signedBy: expect.stringContaining('BEGIN PGP'),
      },
    ]);
  });

  test.each([
    'Types: deb-src\nURIs: http://a.example\nSuites: sid\nComponents: main\n',
    'Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: sid\nComponents: main\n',
    '',
  ])('nothing of %j', (text) => expect(parseStanzaSources(text)).toEqual([]));
});
