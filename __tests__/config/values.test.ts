import { describe, expect, test } from '@jest/globals';
import { InputError } from '../../src/errors.js';
import { oneOf, parseBoolean, parseDuration, parseLines, parseSize } from '../../src/config/values.js';

describe('sizes', () => {
  test.each([
    ['4G', 4_000_000_000],
    ['4Gi', 4_294_967_296],
    ['500M', 500_000_000],
    ['1.5Ki', 1536],
    ['2 T', 2_000_000_000_000],
    ['200MB', 200_000_000],
    ['1024', 1024],
  ])('%s', (text, bytes) => expect(parseSize('cache-quota', text)).toBe(bytes));

  test.each(['', '0', '-1G', '4g', '4GiG', 'lots', '1e3', '99999999T'])(
    '%j is refused, by name and with examples',
    (text) => {
      expect(() => parseSize('cache-quota', text)).toThrow(InputError);
      expect(() => parseSize('cache-quota', text)).toThrow(/^cache-quota: .*4G, 500M or 2Gi/);
    },
  );
});

describe('durations', () => {
  test.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1.5h', 5_400_000],
    ['30m', 1_800_000],
    ['14d', 1_209_600_000],
  ])('%s', (text, milliseconds) => expect(parseDuration('timeout', text)).toBe(milliseconds));

  test.each(['', '0s', '10', '1 week', '-5m'])('%j is refused', (text) => {
    expect(() => parseDuration('timeout', text)).toThrow(/^timeout: .*500ms, 90s, 30m or 1h/);
  });
});

test('a choice that is none names the legal values', () => {
  expect(() => oneOf('network', 'true', ['off', 'on'])).toThrow(
    'network: "true" is not usable. Legal values: off, on.',
  );
});

test.each(['yes', 'True', '1', ''])('%j is no truth value', (text) => {
  expect(() => parseBoolean('summary', text)).toThrow('Legal values: true, false.');
});

test('lines are trimmed and empty ones left out', () => {
  expect(parseLines(' a\r\n\n\tb c \n')).toEqual(['a', 'b c']);
});
