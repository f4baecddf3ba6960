import { describe, expect, test } from '@jest/globals';
import { parseEndpoint } from '../../src/config/endpoint.js';

const parse = (value: string) => parseEndpoint('remote', value, '/checkout');

describe('addresses', () => {
  test.each([
    ['grpc://cas.example.com:8980', 'dns:cas.example.com:8980', 'grpc://cas.example.com:8980', false],
    ['grpcs://cas.example.com', 'dns:cas.example.com:443', 'grpcs://cas.example.com:443', false],
    ['grpc://cas.example.com', 'dns:cas.example.com:80', 'grpc://cas.example.com:80', false],
    ['grpcs://CAS.example.com/', 'dns:cas.example.com:443', 'grpcs://cas.example.com:443', false],
    ['grpc://localhost:1', 'dns:localhost:1', 'grpc://localhost:1', true],
    ['grpc://127.0.0.2:1', 'dns:127.0.0.2:1', 'grpc://127.0.0.2:1', true],
    ['grpc://[::1]:8980', 'dns:[::1]:8980', 'grpc://[::1]:8980', true],
    ['grpcs://[2001:db8::1]', 'dns:[2001:db8::1]:443', 'grpcs://[2001:db8::1]:443', false],
    ['unix:/run/cas.sock', 'unix:/run/cas.sock', 'unix:/run/cas.sock', true],
    ['unix:///run/cas.sock', 'unix:/run/cas.sock', 'unix:/run/cas.sock', true],
    ['unix:run/cas.sock', 'unix:/checkout/run/cas.sock', 'unix:/checkout/run/cas.sock', true],
  ])('%s', (value, target, display, local) => {
    expect(parse(value)).toMatchObject({ target, display, local, login: null });
  });

  test('user and password are percent-decoded, and no part of what is shown', () => {
    const endpoint = parse('grpcs://me%40home:p%3Aa%2Fss%25@cas.example.com:8980');
    expect(endpoint.login).toEqual({ user: 'me@home', password: 'p:a/ss%' });
    expect(endpoint.display).toBe('grpcs://cas.example.com:8980');
  });

  test('a password may hold a colon', () => {
    expect(parse('grpcs://me:a:b@host').login).toEqual({ user: 'me', password: 'a:b' });
  });
});

describe('what is no address', () => {
  test.each([
    '',
    'cas.example.com:8980',
    'https://cas.example.com',
    'grpc:cas.example.com',
    'grpc://',
    'grpc://:80',
    'grpc://host:',
    'grpc://host:port',
    'grpc://host:0',
    'grpc://host:65536',
    'grpc://host name',
    'grpc://ho$t',
    'grpc://-host',
    'grpc://[::1',
    'grpc://[host]',
    'grpc://::1',
    'unix:',
    'unix:/run/a\nb',
    'unix://host/path',
  ])('%j', (value) => {
    expect(() => parse(value)).toThrow(expect.objectContaining({ name: 'InputError', input: 'remote' }));
  });

  test('an instance behind the host is told where it belongs', () => {
    expect(() => parse('grpc://host:80/main')).toThrow('remote-instance');
  });

  test.each(['grpc://user:p@ss@host', 'grpcs://u@me:pass@host:8980', 'grpc://user:p@a:1@host'])(
    'an @ of the password %j is told how to be written',
    (value) => expect(() => parse(value)).toThrow(/Write an @ in user or password as %40\.$/),
  );

  test('no error shows a password', () => {
    for (const value of [
      'grpc://me:hunter22@host:99999',
      'grpc://me:hunter22@host/x',
      'http://me:hunter22@host',
      'me:hunter22@host',
      'grpc://me:hun@ter22@host',
      'grpc://me:hunter22/@host',
      'grpc://me:hunter22%zz@host',
      'grpc://me:hunter22@ho$t',
    ]) {
      expect(() => parse(value)).toThrow(/^(?!.*(?:hunter|ter22)).*is not usable/);
    }
  });
});
