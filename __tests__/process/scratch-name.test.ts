import { describe, expect, test } from '@jest/globals';
import {
  isAbandoned,
  isScratchName,
  isScratchPath,
  SAVED,
  scratchName,
} from '../../src/process/scratch-name.js';

const DAYS = 86_400_000;

describe('the name of what is half done', () => {
  const name = scratchName();
  const dead = name.replace(/-\d+-/, '-999999999-');
  const elsewhere = name.replace(/\d+$/, '1');

  test('is told from all others', () => {
    for (const ours of [name, `${name}-7`, `${name}${SAVED}`, '.buildbox-0123456789ab-old-0'])
      expect(isScratchName(ours)).toBe(true);
    for (const other of [
      '.buildbox',
      '.buildbox-settings',
      '.buildbox-0123456789ab',
      'a.buildbox-0123456789ab-old-0',
    ])
      expect(isScratchName(other)).toBe(false);
    expect([`a/${name}/b`, name, `a/${name}`, `a/b`, 'a/.buildbox-x/b'].map(isScratchPath)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('tells whether anybody needs it', () => {
    expect([isAbandoned(name, 9 * DAYS), isAbandoned(dead, 0)]).toEqual([false, true]);
    expect([isAbandoned(elsewhere, DAYS / 2), isAbandoned(elsewhere, 2 * DAYS)]).toEqual([false, true]);
    expect(isAbandoned(`${dead}${SAVED}`, 9 * DAYS)).toBe(false);
  });
});
