import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let server: Bench;
let address: string;
let bench: Bench;

beforeEach(async () => {
  server = new Bench();
  bench = new Bench();
  address = (await server.command('casd', 'start')).stdout.trim();
});

afterEach(async () => {
  for (const each of [bench, server]) {
    await each.dispose();
    expect(each.leftovers()).toEqual([]);
  }
});

describe('casd start --remote', () => {
  test('prints the instance by which other tools reach the remote', async () => {
    const { stdout, exitCode } = await bench.command('casd', 'start', '--remote', address);
    expect(exitCode).toBe(0);
    const [socket, instance] = stdout.trimEnd().split('\n');
    expect(socket).toMatch(/^unix:/);
    expect(instance).toMatch(/^[0-9a-f]+$/);
    const again = await bench.command('casd', 'start', '--remote', address, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ socket, instance });
    expect((await bench.command('check', '--remote', address)).stdout).toMatch(/Through casd +yes/);
  });

  test('of a remote that is not there starts the daemon and says so, or fails where asked to', async () => {
    const dead = ['--remote', 'grpc://127.0.0.1:1'];
    const started = await bench.command('casd', 'start', ...dead);
    expect(started.exitCode).toBe(0);
    expect(started.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(started.stderr).toMatch(/cannot be attached to casd: nobody listens/);
    const failed = await bench.command('casd', 'start', ...dead, '--on-unavailable', 'fail');
    expect(failed.exitCode).toBe(125);
  });

  test('gives no token away: what casd cannot send safely is refused', async () => {
    const words = ['casd', 'start', '--remote', address, '--remote-token', 'canary-token'];
    const { stderr } = await bench.command(...words);
    expect(stderr).toContain('casd sends a token over grpcs:// only');
    const run = join(bench.cache, 'run');
    const texts = readdirSync(run, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(texts.join('')).not.toContain('canary-token');
  });
});

describe('check', () => {
  test('of a good endpoint ends with 0 and leaves nothing on it', async () => {
    const before = await server.command('cache', 'usage', '--json');
    const { exitCode, stdout } = await bench.command('check', '--remote', address);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Capabilities +yes/);
    expect(stdout).toMatch(/CAS write +yes/);
    expect((await server.command('cache', 'usage', '--json')).stdout).toBe(before.stdout);
  });

  test('of a dead one ends with 1, and names what is wrong', async () => {
    const { exitCode, stdout } = await bench.command('check', '--remote', 'grpc://127.0.0.1:1', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, status: 'unavailable' });
    expect(stdout).toContain('nobody listens at grpc://127.0.0.1:1');
  });
});
