import { describe, expect, test } from '@jest/globals';
import { isBelieved, sourceOfBytecode } from '../../src/inputs/bytecode.js';

test.each([
  ['__pycache__/m.cpython-311.pyc', 'm.py'],
  ['pkg/__pycache__/m.cpython-311.opt-1.pyc', 'pkg/m.py'],
  ['pkg/m.pyc', 'pkg/m.py'],
  ['m.pyc', 'm.py'],
  ['m.py', undefined],
])('%s is bytecode of %s', (path, source) => expect(sourceOfBytecode(path)).toBe(source));

describe('bytecode', () => {
  const header = (flags: number, stamp: number) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32LE(flags, 4);
    bytes.writeUInt32LE(stamp, 8);
    return bytes;
  };
  test.each([
    ['that was made in a sandbox is believed', header(0, 1_321_009_871), true],
    ['that was made elsewhere is not', header(0, 1_700_000_000), false],
    ['with a hash that nobody checks is believed', header(1, 5), true],
    ['with a hash that is checked is not', header(3, 1_321_009_871), false],
    ['that is cut is not', Buffer.alloc(15), false],
  ])('%s', (_, bytes, believed) => expect(isBelieved(bytes)).toBe(believed));
});
