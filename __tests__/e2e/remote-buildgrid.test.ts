import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckReport } from '../../src/report/check/check-report.js';
import { BuildGrid, buildGridTools } from './buildgrid.js';
import { Bench } from './command-line.js';

const tools = buildGridTools();
if (typeof tools === 'string') process.stderr.write(`The tests with BuildGrid are left out: ${tools}.\n`);

(typeof tools === 'string' ? describe.skip : describe)('BuildGrid', () => {
  let grid: BuildGrid;
  let benches: Bench[];

  beforeAll(async () => {
    if (typeof tools === 'string') return;
    grid = new BuildGrid(tools);
    await grid.start();
  });

  afterAll(() => grid.stop());

  beforeEach(() => {
    benches = [];
  });

  afterEach(async () => {
    for (const bench of benches) await bench.dispose();
  });

  const freshMachine = () => {
    const bench = new Bench({ 'in.txt': 'x' });
    benches.push(bench);
    return bench;
  };
  const flags = (token: string, address = grid.address) => [
    ...['--remote', address, '--remote-instance', 'main', '--remote-ca', grid.authority.ca],
    ...(token === '' ? [] : ['--remote-token', token]),
  ];
  const check = async (...words: string[]) => {
    const { exitCode, stdout, stderr } = await freshMachine().command('check', '--json', ...words);
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as CheckReport;
    const rows = Object.fromEntries(report.services.map((row) => [row.name, row]));
    return { exitCode, status: report.status, rows, text: stdout };
  };

  describe('check', () => {
    test('with a good token: all but assets and compression', async () => {
      const { exitCode, status, rows } = await check(...flags(grid.token('writer')));
      expect([exitCode, status]).toEqual([0, 'ok']);
      const available = Object.entries(rows).filter(([, row]) => row.available === 'yes');
      expect(available.map(([name]) => name)).toEqual([
        'capabilities',
        'api-versions',
        'digest-function',
        'limits',
        'cas-read',
        'cas-write',
        'action-cache-read',
        'action-cache-update',
        'execution',
      ]);
    });

    test('with one that may only read: enough, as long as nothing is to be pushed', async () => {
      const { exitCode, status, rows } = await check(...flags(grid.token('reader')));
      expect([exitCode, status, rows['cas-write']?.available]).toEqual([1, 'degraded', 'no']);
      expect((await check(...flags(grid.token('reader')), '--push', 'never')).exitCode).toBe(0);
    });

    test('with one that has expired: there, and refusing it, and it is not shown', async () => {
      const token = grid.token('writer', -5);
      const { exitCode, status, rows, text } = await check(...flags(token));
      expect([exitCode, status]).toEqual([1, 'unavailable']);
      expect(rows['cas-read']?.says).toContain('is there and refuses the token of `remote-token`');
      expect(text).not.toContain(token);
    });

    test('without any: there, and asking for one', async () => {
      const { exitCode, rows } = await check(...flags(''));
      expect([exitCode, rows.capabilities?.says]).toEqual([
        1,
        expect.stringContaining('asks for credentials, and none are configured'),
      ]);
    });

    test('of an endpoint that asks for a certificate', async () => {
      const { certificate, key } = grid.authority.sign('DNS:client');
      const at = flags(grid.token('writer'), grid.mutualAddress);
      const without = await check(...at);
      expect([without.exitCode, without.rows.capabilities?.says]).toEqual([
        1,
        expect.stringContaining('`remote-client-cert`'),
      ]);
      const withOne = await check(...at, '--remote-client-cert', certificate, '--remote-client-key', key);
      expect([withOne.exitCode, withOne.status]).toEqual([0, 'ok']);
    });
  });

  describe('run', () => {
    /** A salt of `slow` outlasts the helper's first token. */
    const build = (bench: Bench, salt: string, ...words: string[]) =>
      bench.record(
        ['--outputs', 'out', '--salt', salt, ...words],
        `cp in.txt out; sleep ${salt === 'slow' ? 4 : 0}`,
      );

    test("one machine's result is another's, whose token may only read", async () => {
      const first = await build(freshMachine(), 'shared', ...flags(grid.token('writer')));
      expect([first.exitCode, first.record.result]).toEqual([0, 'built']);
      const second = freshMachine();
      const hit = await build(second, 'shared', ...flags(grid.token('reader')));
      expect([hit.exitCode, hit.record.hitFrom, second.read('out')]).toEqual([0, 'remote', 'x']);
    });

    test('a token that may only read, or has expired, leaves the build green', async () => {
      const reader = await build(freshMachine(), 'read', ...flags(grid.token('reader')));
      expect([reader.exitCode, reader.record.result]).toEqual([0, 'built']);
      const expired = grid.token('writer', -5);
      const late = await build(freshMachine(), 'late', ...flags(expired));
      expect([late.exitCode, late.record.result]).toEqual([0, 'built']);
      expect(late.stderr).toContain('is there and refuses the token');
      expect(late.stderr + late.stdout).not.toContain(expired);
    });

    test('credentials that expire during the build are renewed for its push', async () => {
      const machine = freshMachine();
      const helper = join(machine.root, 'helper');
      writeFileSync(
        helper,
        helperThatMakes((age) => grid.token('writer', age)),
        { mode: 0o755 },
      );
      const login = [...flags(''), '--remote-credential-helper', helper];
      expect((await build(machine, 'slow', ...login)).record.result).toBe('built');
      const other = await build(freshMachine(), 'slow', ...flags(grid.token('reader')));
      expect(other.record.hitFrom).toBe('remote');
    });
  });
});

/** The first token is good for three seconds only, and the helper does not say so. */
function helperThatMakes(token: (seconds: number) => string): string {
  const answer = (seconds: number) => `echo '{"headers": {"Authorization": ["Bearer ${token(seconds)}"]}}'`;
  return `#!/bin/sh\nif mkdir "$0.asked" 2>/dev/null; then ${answer(3)}; else ${answer(600)}; fi\n`;
}
