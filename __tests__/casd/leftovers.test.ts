import { describe, expect, test } from '@jest/globals';
import { mountsBelow } from '../../src/casd/leftovers.js';

const MOUNTINFO = [
  '22 1 8:1 / / rw - ext4 /dev/vda rw',
  '90 22 0:50 / /c/casd/cas/staging/a rw - fuse /dev/fuse rw',
  '91 90 0:51 / /c/casd/cas/staging/a/deep rw - tmpfs tmpfs rw',
  '92 22 0:52 / /c/casd/with\\040blank rw - fuse /dev/fuse rw',
  '93 22 0:53 / /c/casd-other rw - fuse /dev/fuse rw',
  '',
].join('\n');

describe('mountsBelow', () => {
  test('finds what is below a folder, the deepest first', () => {
    expect(mountsBelow(MOUNTINFO, '/c/casd')).toEqual([
      '/c/casd/cas/staging/a/deep',
      '/c/casd/cas/staging/a',
      '/c/casd/with blank',
    ]);
  });

  test('is not misled by a name that begins alike', () => {
    expect(mountsBelow(MOUNTINFO, '/c/cas')).toEqual([]);
  });
});
