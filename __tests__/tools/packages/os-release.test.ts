import { expect, test } from '@jest/globals';
import { parseOsRelease } from '../../../src/tools/packages/os-release.js';

test.each([
  [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
    { id: 'debian', versionId: '12', codename: 'bookworm', title: 'Debian GNU/Linux 12 (bookworm)' },
  ],
  ["ID='alpine'\nVERSION_ID=3.22\n", { id: 'alpine', versionId: '3.22', codename: '', title: 'alpine' }],
  ['', { id: '', versionId: '', codename: '', title: 'this distribution' }],
])('%j', (text, expected) => {
  expect(parseOsRelease(text)).toEqual(expected);
});
