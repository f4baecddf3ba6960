import { describe, expect, test } from '@jest/globals';
import { chooseStaging, type StagingFacts, stagingLine } from '../../../src/run/execute/choose-staging.js';

const FEW: StagingFacts = { wanted: 'auto', files: 20_000, bytes: 2e9, lack: undefined };
const MANY = { ...FEW, files: 20_001 };
const LARGE = { ...FEW, bytes: 2e9 + 1 };
const NO_FUSE = 'there is no /dev/fuse';
const NO_ROOM = { lack: '2 GB, and the disk at / has 1 GB free' };

const mountable = () => Promise.resolve(null);
const notMountable = () => Promise.resolve(NO_FUSE);
const notAsked = () => Promise.reject(new Error('this decides nothing here'));

const counted = (files: number) => `${files} files, 2 GB`;
const needed = `copies of them need ${NO_ROOM.lack}`;
const said = '`staging` says so';

test.each<[string, StagingFacts, () => Promise<string | null>, 'fuse' | 'copy', string, boolean, boolean]>([
  ['few are copied, mountable or not', FEW, notAsked, 'copy', counted(20_000), false, false],
  ['many are mounted', MANY, mountable, 'fuse', counted(20_001), true, true],
  ['large ones are mounted', LARGE, mountable, 'fuse', counted(20_000), true, true],
  ['many are copied where there is no FUSE', MANY, notMountable, 'copy', NO_FUSE, false, true],
  ['few are mounted where there is no room', { ...FEW, ...NO_ROOM }, mountable, 'fuse', needed, false, true],
  ['many, for good, where there is no room', { ...MANY, ...NO_ROOM }, mountable, 'fuse', needed, false, true],
  ['`copy` copies many', { ...MANY, wanted: 'copy' }, notAsked, 'copy', said, false, false],
  ['`fuse` mounts few, for good', { ...FEW, wanted: 'fuse' }, mountable, 'fuse', said, false, false],
  ['`fuse` needs no room', { ...FEW, ...NO_ROOM, wanted: 'fuse' }, mountable, 'fuse', said, false, false],
])('%s', async (_, facts, obstacle, staging, reason, mayCopy, isTold) => {
  expect(await chooseStaging(facts, obstacle)).toEqual({ staging, reason, mayCopy, isTold });
});

describe('what cannot be had is refused', () => {
  test.each<[string, Partial<StagingFacts>, string, string]>([
    ['a mount', { wanted: 'fuse' }, `the inputs cannot be mounted: ${NO_FUSE}`, '`copy`'],
    [
      'copies',
      { wanted: 'copy', ...NO_ROOM },
      `there is no room for the inputs: copies of them need ${NO_ROOM.lack}`,
      '`staging: fuse`',
    ],
    ['both', NO_ROOM, `there is no room for the inputs: copies of them need ${NO_ROOM.lack}`, NO_FUSE],
  ])('%s', async (_, facts, message, remedy) => {
    const fault = { name: 'Fault', message, remedy: expect.stringContaining(remedy) as unknown };
    await expect(chooseStaging({ ...FEW, ...facts }, notMountable)).rejects.toMatchObject(fault);
  });
});

test.each([
  [mountable, 'mounting inputs instead of copying them: 20001 files, 2 GB'],
  [notMountable, `copying inputs instead of mounting them: ${NO_FUSE}`],
])('the line that tells it says what is done, and why', async (obstacle, line) => {
  expect(stagingLine(await chooseStaging(MANY, obstacle))).toBe(line);
});
