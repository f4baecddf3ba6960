import { describe, expect, test } from '@jest/globals';
import { chooseStaging, type StagingFacts, stagingLine } from '../../src/build/choose-staging.js';

const FEW: StagingFacts = { wanted: 'auto', files: 20_000, bytes: 2e9, fuseObstacle: null, lack: undefined };
const MANY = { ...FEW, files: 20_001 };
const LARGE = { ...FEW, bytes: 2e9 + 1 };
const NO_FUSE = { fuseObstacle: 'there is no /dev/fuse' };
const NO_ROOM = { lack: '2 GB, and the disk at / has 1 GB free' };

test.each<[string, StagingFacts, 'fuse' | 'copy', string, boolean, boolean]>([
  ['few are copied', FEW, 'copy', '20000 files, 2 GB', false, false],
  [
    'few are copied where there is no FUSE, without a word',
    { ...FEW, ...NO_FUSE },
    'copy',
    '20000 files, 2 GB',
    false,
    false,
  ],
  ['many are mounted', MANY, 'fuse', '20001 files, 2 GB', true, true],
  ['large ones are mounted', LARGE, 'fuse', '20000 files, 2 GB', true, true],
  [
    'many are copied where there is no FUSE',
    { ...MANY, ...NO_FUSE },
    'copy',
    NO_FUSE.fuseObstacle,
    false,
    true,
  ],
  [
    'few are mounted where there is no room',
    { ...FEW, ...NO_ROOM },
    'fuse',
    `copies of them need ${NO_ROOM.lack}`,
    false,
    true,
  ],
  [
    'many are mounted for good where there is no room',
    { ...MANY, ...NO_ROOM },
    'fuse',
    `copies of them need ${NO_ROOM.lack}`,
    false,
    true,
  ],
  ['`copy` copies many', { ...MANY, wanted: 'copy' }, 'copy', '`staging` says so', false, false],
  ['`fuse` mounts few, for good', { ...FEW, wanted: 'fuse' }, 'fuse', '`staging` says so', false, false],
  ['`fuse` needs no room', { ...FEW, ...NO_ROOM, wanted: 'fuse' }, 'fuse', '`staging` says so', false, false],
])('%s', (_, facts, staging, reason, mayCopy, isTold) => {
  expect(chooseStaging(facts)).toEqual({ staging, reason, mayCopy, isTold });
});

describe('what cannot be had is refused', () => {
  test.each<[string, Partial<StagingFacts>, string, string]>([
    [
      'a mount',
      { wanted: 'fuse', ...NO_FUSE },
      'the inputs cannot be mounted: there is no /dev/fuse',
      '`copy`',
    ],
    [
      'copies',
      { wanted: 'copy', ...NO_ROOM },
      `there is no room for the inputs: copies of them need ${NO_ROOM.lack}`,
      '`staging: fuse`',
    ],
    [
      'both',
      { ...NO_FUSE, ...NO_ROOM },
      `there is no room for the inputs: copies of them need ${NO_ROOM.lack}`,
      'there is no /dev/fuse',
    ],
  ])('%s', (_, facts, message, remedy) => {
    const fault = { name: 'Fault', message, remedy: expect.stringContaining(remedy) as unknown };
    expect(() => chooseStaging({ ...FEW, ...facts })).toThrow(expect.objectContaining(fault));
  });
});

test('the line that tells it says what is done, and why', () => {
  expect([chooseStaging(MANY), chooseStaging({ ...MANY, ...NO_FUSE })].map(stagingLine)).toEqual([
    'mounting inputs instead of copying them: 20001 files, 2 GB',
    'copying inputs instead of mounting them: there is no /dev/fuse',
  ]);
});
