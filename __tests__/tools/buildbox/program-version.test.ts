import { expect, test } from '@jest/globals';
import { programVersion, versionIn } from '../../../src/tools/buildbox/program-version.js';
import { inTemporaryFolder, makeContext, writeProgram } from '../support.js';

test.each([
  ['/opt/bin/buildbox-casd 1.4.25\n', '1.4.25'],
  ['bubblewrap 0.8.0\n', '0.8.0'],
  ['buildbox-fuse 1.3.11-dirty\n', '1.3.11'],
  ['/opt/9.9.9/bin/buildbox-casd 1.4.30\n', '1.4.30'],
  ['usage: casd\n', undefined],
  ['', undefined],
])('%j holds version %s', (text, version) => {
  expect(versionIn(text)).toBe(version);
});

test('a program that does not run here is an error that shows what it said', () =>
  inTemporaryFolder(async (folder) => {
    const program = await writeProgram(folder, 'broken', 'echo "libgrpc.so: cannot open" >&2; exit 127');
    await expect(programVersion(program, makeContext(folder))).rejects.toMatchObject({
      name: 'Fault',
      message: expect.stringContaining('ended with 127'),
      log: 'libgrpc.so: cannot open\n',
    });
  }));
