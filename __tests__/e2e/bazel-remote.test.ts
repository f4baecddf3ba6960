import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';
import type { RemoteRecord } from './remote-scene.js';
import { until } from './until.js';

/** `go build` of its module makes it; what it says of itself is larger than numbers are exact. */
const isInstalled = spawnSync('bazel-remote', ['--help']).status === 0;

(isInstalled ? describe : describe.skip)('bazel-remote', () => {
  let folder: string;
  const benches: Bench[] = [];
  let server: ChildProcess;
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bazel-remote-'));
    const [grpc, http] = [await freePort(), await freePort()];
    address = `grpc://127.0.0.1:${grpc}`;
    const places = ['--grpc_address', `127.0.0.1:${grpc}`, '--http_address', `127.0.0.1:${http}`];
    server = spawn('bazel-remote', ['--dir', join(folder, 'data'), '--max_size', '1', ...places]);
    const check = () => benchWith({}).start('check', '--remote', address).ended;
    await until(async () => (await check()).exitCode === 0);
  });

  afterAll(async () => {
    server.kill();
    for (const bench of benches) await bench.dispose();
    rmSync(folder, { recursive: true });
  });

  function benchWith(files: Readonly<Record<string, string>>): Bench {
    const bench = new Bench(files);
    benches.push(bench);
    return bench;
  }

  test('keeps results for other machines, small ones and large', async () => {
    const flags = ['--remote', address, '--latency-budget', '5s', '--outputs', 'out'];
    const build = async () => {
      const bench = benchWith({ 'in.txt': 'x' });
      const script = 'mkdir out; cp in.txt out/; head -c 8000000 /dev/zero > out/large; echo built';
      const { record, stderr } = await bench.record(flags, script);
      expect(stderr).not.toContain('warning');
      expect(bench.read('out/large')).toHaveLength(8_000_000);
      return record as RemoteRecord;
    };
    expect(await build()).toMatchObject({ result: 'built', remote: { status: 'ok' } });
    expect(await build()).toMatchObject({ hitFrom: 'remote', remote: { status: 'ok' } });
  });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const place = probe.address();
      probe.close(() => resolve(typeof place === 'object' && place !== null ? place.port : 0));
    });
  });
}
