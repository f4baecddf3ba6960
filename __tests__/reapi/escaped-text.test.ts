import { describe, expect, test } from '@jest/globals';
import { shownText, textOf, wasUtf8 } from '../../src/reapi/escaped-text.js';

describe('bytes that should be UTF-8', () => {
  test.each(['', 'plain', 'ünïcødé \u{1f600}', '\ufeffx', 'a\ufffd'])('%j is itself', (text) => {
    expect(textOf(Buffer.from(text))).toBe(text);
    expect([wasUtf8(text), shownText(text)]).toEqual([true, text]);
  });

  test('what is not comes apart from all others, and is spelled for people', () => {
    const [one, other] = [textOf(Buffer.from('caf\xe9', 'latin1')), textOf(Buffer.from('caf\xe8', 'latin1'))];
    expect(one).not.toBe(other);
    expect([wasUtf8(one), shownText(one), shownText(other)]).toEqual([false, 'caf\\xe9', 'caf\\xe8']);
  });
});
