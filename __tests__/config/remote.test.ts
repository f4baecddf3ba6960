import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { endpointsOf, type RemoteInput, readRemote } from '../../src/config/remote.js';
import { Authority, type KeyPair } from '../remote/certificates.js';

type Given = Partial<Record<RemoteInput, string>>;

const DEFAULTS: Given = { 'on-unavailable': 'continue', 'latency-budget': '500ms' };
const SECURE: Given = { remote: 'grpcs://host' };
let workspace: string;
let authority: Authority;
let client: KeyPair;

const read = (given: Given) => readRemote((name) => given[name] ?? DEFAULTS[name] ?? '', machine());
const machine = () => ({ workspace, home: '/', environment: {} });
const mistake = (given: Given): { input: string; message: string } => {
  try {
    read(given);
  } catch (error) {
    expect(error).toMatchObject({ name: 'InputError' });
    return error as { input: string; message: string };
  }
  throw new Error('it was accepted');
};

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), 'remote-config-'));
  authority = new Authority();
  client = authority.sign('DNS:client');
});

afterAll(() => {
  rmSync(workspace, { recursive: true });
  authority.dispose();
});

describe('endpoints', () => {
  test('none is no remote, whatever else is given', () => {
    expect(read({ 'remote-token': 'abcdefgh' })).toBeUndefined();
  });

  test('one serves everything', () => {
    const settings = read({ remote: 'grpc://host', 'remote-instance': 'main/one' });
    const displays = settings && endpointsOf(settings.endpoints).map(({ display }) => display);
    expect(displays).toEqual(Array(4).fill('grpc://host:80'));
    expect(settings).toMatchObject({
      instance: 'main/one',
      named: { execution: false, asset: false },
      latencyBudget: 500,
      onUnavailable: 'continue',
    });
  });

  test('a service may have its own', () => {
    const settings = read({ remote: 'grpc://host', 'remote-execution': 'grpcs://there' });
    expect(settings?.endpoints.execution?.display).toBe('grpcs://there:443');
    expect(settings?.endpoints.cas.display).toBe('grpc://host:80');
    expect(settings?.named).toEqual({ execution: true, asset: false });
  });

  test('CAS and action cache are enough, and needed', () => {
    const both = { 'remote-cas': 'grpc://a', 'remote-action-cache': 'grpc://b' };
    expect(read(both)?.endpoints).toMatchObject({ execution: undefined, asset: undefined });
    expect(mistake({ 'remote-cas': 'grpc://a' }).input).toBe('remote-action-cache');
    expect(mistake({ 'remote-execution': 'grpc://a' }).input).toBe('remote-cas');
  });

  test.each<[Given, string]>([
    [{ remote: 'host' }, 'remote'],
    [{ remote: 'grpc://host', 'remote-asset': 'host' }, 'remote-asset'],
    [{ remote: 'grpc://host', 'on-unavailable': 'stop' }, 'on-unavailable'],
    [{ 'on-unavailable': 'stop' }, 'on-unavailable'],
    [{ remote: 'grpc://host', 'latency-budget': '500' }, 'latency-budget'],
    [{ remote: 'grpc://host', 'remote-instance': 'a/blobs/b' }, 'remote-instance'],
  ])('%j', (given, input) => expect(mistake(given).input).toBe(input));
});

describe('who we are', () => {
  test('headers, with lower-case names', () => {
    const given = { remote: 'grpc://host', 'remote-headers': 'X-Key: a: b\n\n  other:c  ' };
    expect(read(given)?.login.headers).toEqual({ 'x-key': 'a: b', other: 'c' });
  });

  test.each(['no colon', 'te: x', 'grpc-timeout: 1', ': x', 'x y: z', 'x:', 'x: ä'])(
    'the header %j is a mistake',
    (line) => {
      const { input, message } = mistake({ remote: 'grpc://host', 'remote-headers': line });
      expect([input, message.includes('ä')]).toEqual(['remote-headers', false]);
    },
  );

  test('a header that is given twice is a mistake, and neither is taken', () => {
    const given = { remote: 'grpc://host', 'remote-headers': 'X-Key: secret1\nx-key: secret2' };
    const { input, message } = mistake(given);
    expect([input, message]).toEqual(['remote-headers', expect.stringMatching(/x-key: ….*each header once/)]);
  });

  test.each(['AAE=', 'AAE', 'aGk', '/+8='])('the value %j of a -bin header is Base64', (text) => {
    const given = { remote: 'grpc://host', 'remote-headers': `key-bin: ${text}` };
    expect(read(given)?.login.headers).toEqual({ 'key-bin': text });
  });

  test.each(['secret!', 'secre', 'secre=', 'sec=ret=', 'se cr', 'secret_-'])(
    'the value %j of a -bin header is none, and is not shown',
    (text) => {
      const { input, message } = mistake({ remote: 'grpc://host', 'remote-headers': `Key-Bin: ${text}` });
      expect([input, message]).toEqual(['remote-headers', expect.stringMatching(/key-bin: ….*is Base64/)]);
      expect(message).not.toContain(text);
    },
  );

  test('a token that cannot be sent is not shown', () => {
    const { input, message } = mistake({ remote: 'grpc://host', 'remote-token': 'hunter22\nhunter23' });
    expect([input, message.includes('hunter')]).toEqual(['remote-token', false]);
    expect(mistake({ remote: 'grpc://host', 'remote-token': 'bearer hunter22' }).message).toMatch(/alone/);
  });

  test.each<Given>([
    { 'remote-token': 'abcdefgh', 'remote-oidc-audience': 'cas' },
    { 'remote-token': 'abcdefgh', remote: 'grpc://me:pass@host' },
    { 'remote-token': 'abcdefgh', 'remote-headers': 'Authorization: Basic eA==' },
  ])('two ways to say it are one too many: %j', (given) => {
    expect(mistake({ remote: 'grpc://host', ...given }).message).toContain('remote-token');
  });

  test('a credential helper is a program: by its path, or by a name to be found on PATH', () => {
    const folder = mkdtempSync(join(tmpdir(), 'helper-'));
    try {
      const helper = join(folder, 'helper');
      writeFileSync(helper, '#!/bin/sh\n');
      const given = { remote: 'grpc://host', 'remote-credential-helper': relative(workspace, helper) };
      expect(mistake(given).input).toBe('remote-credential-helper');
      chmodSync(helper, 0o755);
      expect(read(given)?.login.helper).toBe(helper);
      expect(read({ ...given, 'remote-credential-helper': 'on-path' })?.login.helper).toBe('on-path');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('a credential helper is never a program of the checkout, nor a link to one', () => {
    const folder = mkdtempSync(join(tmpdir(), 'helper-'));
    try {
      writeFileSync(join(workspace, 'helper'), '#!/bin/sh\n', { mode: 0o755 });
      symlinkSync(join(workspace, 'helper'), join(folder, 'link'));
      for (const helper of ['./helper', join(workspace, 'helper'), join(folder, 'link')]) {
        const { input, message } = mistake({ remote: 'grpc://host', 'remote-credential-helper': helper });
        expect([input, message]).toEqual(['remote-credential-helper', expect.stringContaining('checkout')]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('certificates', () => {
  test('are PEM text or a path', () => {
    const byText = read({
      ...SECURE,
      'remote-ca': authority.ca,
      'remote-client-cert': client.certificate,
      'remote-client-key': client.key,
    });
    const byPath = read({
      ...SECURE,
      'remote-ca': join(authority.folder, 'ca.pem'),
      'remote-client-cert': authority.path('client.pem', client.certificate),
      'remote-client-key': authority.path('client.key', client.key),
    });
    expect(byText?.tls.client?.key).toContain('PRIVATE KEY');
    expect(trimmed(byText?.tls)).toEqual(trimmed(byPath?.tls));
  });

  test.each<[string, () => Given, string]>([
    ['a path that is none', () => ({ 'remote-ca': 'nowhere.pem' }), 'nowhere.pem'],
    ['a key for a certificate', () => ({ 'remote-ca': client.key }), 'BEGIN CERTIFICATE'],
    ['half a certificate', () => ({ 'remote-ca': authority.ca.slice(0, 200) }), 'complete'],
    [
      'a garbled certificate',
      () => ({ 'remote-ca': authority.ca.replace(/\n.{8}/, '\nAAAAAAAA') }),
      'cannot be read',
    ],
    [
      'a certificate without its key',
      () => ({ 'remote-client-cert': client.certificate }),
      'remote-client-key',
    ],
    [
      "another certificate's key",
      () => ({ 'remote-client-cert': authority.ca, 'remote-client-key': client.key }),
      'another certificate',
    ],
    [
      'a garbled key',
      () => ({
        'remote-client-cert': client.certificate,
        'remote-client-key': client.key.replace(/\n.{8}/, '\nAAAAAAAA'),
      }),
      'no PEM private key',
    ],
    [
      'a key in one line, without its frame',
      () => ({
        'remote-client-cert': client.certificate,
        'remote-client-key': client.key.replace(/-----.*-----/g, '').replaceAll('\n', ''),
      }),
      'PRIVATE KEY',
    ],
  ])('%s is a mistake, which shows no key', (_, given, says) => {
    const { message } = mistake({ ...SECURE, ...given() });
    expect(message).toContain(says);
    expect(message).not.toContain(client.key.split('\n')[1]);
  });

  test('are of no use without grpcs://', () => {
    expect(mistake({ remote: 'grpc://host', 'remote-ca': authority.ca }).input).toBe('remote-ca');
  });
});

const trimmed = (tls: unknown) => JSON.parse(JSON.stringify(tls).replaceAll('\\n"', '"')) as unknown;
