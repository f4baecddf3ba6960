import { describe, expect, test } from '@jest/globals';
import { cacheService } from '../../../../src/packs/transport/github/service.js';

const V2 = {
  ACTIONS_RUNTIME_TOKEN: 'token',
  ACTIONS_CACHE_SERVICE_V2: 'True',
  ACTIONS_RESULTS_URL: 'https://results.example/',
};
const V1 = { ACTIONS_RUNTIME_TOKEN: 'token', ACTIONS_CACHE_URL: 'https://cache.example/' };
const ALL = { read: true, write: true, why: null };

describe('what the job allows', () => {
  test.each([
    ['version 2', V2, ALL],
    ['version 1', V1, ALL],
    [
      'version 2 on a host of GitHub Enterprise Cloud',
      { ...V2, GITHUB_SERVER_URL: 'https://a.ghe.com' },
      ALL,
    ],
    ['an unknown mode', { ...V2, ACTIONS_CACHE_MODE: 'both' }, ALL],
    ['write, which reads as well', { ...V2, ACTIONS_CACHE_MODE: ' Write ' }, ALL],
  ])('%s', (_, environment, access) => {
    expect(cacheService(environment).access).toEqual(access);
  });

  test.each([
    ['none', false, false, 'reading and writing'],
    ['read', true, false, 'writing'],
    ['write-only', false, true, 'reading'],
  ])('mode %s', (mode, read, write, forbidden) => {
    const why = `ACTIONS_CACHE_MODE is ${mode}: it forbids ${forbidden} GitHub's cache`;
    expect(cacheService({ ...V1, ACTIONS_CACHE_MODE: mode }).access).toEqual({ read, write, why });
  });

  test.each([
    ['outside of a job', {}, 'ACTIONS_RUNTIME_TOKEN'],
    ['with an empty token', { ...V2, ACTIONS_RUNTIME_TOKEN: '' }, 'ACTIONS_RUNTIME_TOKEN'],
    ['without an address', { ...V1, ACTIONS_CACHE_URL: '' }, 'ACTIONS_CACHE_URL'],
    ['without an address of version 2', { ...V2, ACTIONS_RESULTS_URL: '' }, 'ACTIONS_RESULTS_URL'],
    [
      'with version 2 on an Enterprise Server',
      { ...V2, GITHUB_SERVER_URL: 'https://git.example' },
      'ACTIONS_RESULTS_URL',
    ],
  ])('nothing %s', (_, environment, missing) => {
    const why = `there is no GitHub cache here: ${missing} is not set`;
    expect(cacheService(environment).access).toEqual({ read: false, write: false, why });
  });
});

describe('what the helper is given', () => {
  test('what the service and the connection need, and nothing else', () => {
    const job = {
      ...V2,
      HTTPS_PROXY: 'http://proxy',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      RUNNER_TRACKING_ID: 'x',
    };
    const more = { GITHUB_TOKEN: 'secret', INPUT_X: 'secret', NODE_OPTIONS: '--inspect', PATH: '/bin' };
    expect(cacheService({ ...job, ...more }).environment).toEqual(job);
  });

  test('a proxy whose password the library can decode', () => {
    const environmentOf = (proxies: Record<string, string>) =>
      cacheService({ ...V2, ...proxies }).environment;
    expect(environmentOf({ https_proxy: 'http://me:100%@proxy', no_proxy: '%' })).toEqual({
      ...V2,
      https_proxy: 'http://me:100%25@proxy',
      no_proxy: '%',
    });
  });

  test('version 1 where version 2 has no address', () => {
    const job = { ...V1, ACTIONS_CACHE_SERVICE_V2: 'True' };
    expect(cacheService(job)).toEqual({ access: ALL, environment: V1 });
  });
});
