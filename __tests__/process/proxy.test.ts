import { describe, expect, test } from '@jest/globals';
import { DIRECT, routeTo, wholeEscapes } from '../../src/process/proxy.js';

const route = (environment: Record<string, string>) => routeTo('host.example', 8980, environment);
const through = (address: string, user?: string, password = '') => ({
  kind: 'proxy',
  address,
  login: user === undefined ? undefined : { user, password },
});

describe('the variable that counts', () => {
  const all = {
    grpc_proxy: 'a:1',
    GRPC_PROXY: 'b:1',
    https_proxy: 'c:1',
    HTTPS_PROXY: 'd:1',
    http_proxy: 'e:1',
    HTTP_PROXY: 'f:1',
    all_proxy: 'g:1',
    ALL_PROXY: 'h:1',
  };
  const names = Object.keys(all);
  test.each(names.map((name, i) => [name, i] as const))('is %s where none before it is set', (name, i) => {
    const set = Object.fromEntries(Object.entries(all).slice(i));
    const blank = Object.fromEntries(names.slice(0, i).map((before) => [before, ' ']));
    for (const environment of [set, { ...blank, ...set }]) {
      expect(route(environment)).toMatchObject({ variable: name, address: `${'abcdefgh'[i] ?? ''}:1` });
    }
  });

  test('is none of others', () => expect(route({ PROXY: 'a:1', https_proxy: '' })).toBe(DIRECT));

  test.each([
    [{ no_proxy: 'host.example' }, true],
    [{ NO_PROXY: 'host.example' }, true],
    [{ no_grpc_proxy: 'host.example', no_proxy: 'other' }, true],
    [{ no_grpc_proxy: 'other', no_proxy: 'host.example' }, false],
  ])('is none with %j: %p', (exceptions, direct) =>
    expect(route({ https_proxy: 'a:1', ...exceptions }).kind).toBe(direct ? 'direct' : 'proxy'),
  );
});

test.each([
  ['http://proxy.example:3128', through('proxy.example:3128')],
  ['  http://proxy.example:3128/  ', through('proxy.example:3128')],
  ['HTTP://proxy.example', through('proxy.example:80')],
  ['proxy.example:3128', through('proxy.example:3128')],
  ['me:word@proxy.example:3128', through('proxy.example:3128', 'me', 'word')],
  ['http://[::1]:3128', through('[::1]:3128')],
  ['http://me@proxy.example', through('proxy.example:80', 'me')],
  ['http://me:p%40ss@proxy.example', through('proxy.example:80', 'me', 'p@ss')],
  ['http://me:p%ss@proxy.example', through('proxy.example:80', 'me', 'p%ss')],
  ['http://me:100%@proxy.example', through('proxy.example:80', 'me', '100%')],
  ['http://me:%ff@proxy.example', through('proxy.example:80', 'me', '%ff')],
  ['http://me:p@ss@proxy.example', through('proxy.example:80', 'me', 'p@ss')],
  ['http://me:wörd@proxy.example', through('proxy.example:80', 'me', 'wörd')],
])('%j is a proxy', (value, expected) =>
  expect(route({ https_proxy: value })).toEqual({ ...expected, variable: 'https_proxy' }),
);

test.each([
  ['socks5://me:sesame@proxy.example:1080', 'it is a socks5:// proxy, and only http:// proxies can be used'],
  ['https://me:sesame@proxy.example', 'it is a https:// proxy, and only http:// proxies can be used'],
  ['http://me:#sesame@proxy.example', 'no URL'],
  ['http://me:sesame/@proxy.example', 'no URL'],
  ['http://me:12/sesame@proxy.example', 'no URL'],
  ['http://me:12?sesame@proxy.example', 'no URL'],
  ['http://', 'no URL'],
  ['http://proxy.example:99999', 'no URL'],
  ['://sesame', 'no URL'],
])('%j is none that can be used, and is not told', (value, why) => {
  const found = route({ all_proxy: value });
  expect(found).toMatchObject({ kind: 'unusable', variable: 'all_proxy', why: expect.stringContaining(why) });
  expect(JSON.stringify(found)).not.toContain('sesame');
});

test.each([
  ['http://me:p%40ss@h', 'http://me:p%40ss@h'],
  ['http://me:p%ss@h', 'http://me:p%25ss@h'],
  ['http://me:%4@h', 'http://me:%254@h'],
  ['http://me:%ff@h', 'http://me:%25ff@h'],
])('%j is what %j means', (text, whole) => expect(wholeEscapes(text)).toBe(whole));
