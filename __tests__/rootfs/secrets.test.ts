import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { isSecretFile, isSecretFolder, isSecretGitConfig } from '../../src/rootfs/secrets.js';
import { FakeMachine } from './fake-machine.js';

const KEY = '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n';

let machine: FakeMachine;
beforeEach(async () => {
  machine = await FakeMachine.make();
});
afterEach(() => machine.remove());

test.each<[string, string, boolean]>([
  ['.netrc', '', true],
  ['.git-credentials', '', true],
  ['credentials.toml', '', true],
  ['credentials', '', true],
  ['credentials.py', 'class Credentials: pass', false],
  ['auth.js', 'exports.token = 1', false],
  ['auth.json', '{"http-basic": {}}', true],
  ['.npmrc', '//registry.example.com/:_authToken=abc', true],
  ['npmrc', 'prefix=/usr/local', false],
  ['.npmrc', 'registry=https://user:word@example.com/', true],
  ['pip.conf', '[global]\nindex-url = https://example.com/simple', false],
  ['pip.conf', '[global]\nindex-url = https://u:p@example.com/simple', true],
  ['id_ed25519', KEY, true],
  ['id_map.txt', KEY, false],
  ['server.key', KEY, true],
  ['cert.pem', '-----BEGIN CERTIFICATE-----\nabc\n', false],
  ['lib/python3/site-packages/proxy/ca.key', KEY, false],
  ['src/crypto/testdata/key.pem', KEY, false],
])('%s that holds %j: %s', async (name, text, secret) => {
  await machine.write(`/tool/${name}`, text);
  expect(isSecretFile({ root: machine.root }, `/tool/${name}`)).toBe(secret);
});

test('a key among code that not everybody may read is one', async () => {
  await machine.write('/tool/src/own.key', KEY, 0o600);
  expect(isSecretFile({ root: machine.root }, '/tool/src/own.key')).toBe(true);
});

test('folders of keys', () => {
  expect(['.ssh', '.aws', '.gnupg', 'ssh', '.config'].map(isSecretFolder)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('settings of a repository', async () => {
  const config = '/tool/.git/config';
  await machine.write(config, '[remote "origin"]\n\turl = https://example.com/tool.git\n');
  expect(isSecretGitConfig({ root: machine.root }, config)).toBe(false);
  await machine.write(config, '[http]\n\textraheader = AUTHORIZATION: basic abc\n');
  expect(isSecretGitConfig({ root: machine.root }, config)).toBe(true);
});
