import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  existsSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CANARIES, type Job, type JobOptions, type Runner, startRunner } from './runner.js';
import { until } from './until.js';

const ACTION = resolve('.');

let runner: Runner;
let workspace: string;

beforeEach(async () => {
  runner = await startRunner();
  workspace = mkdtempSync(join(tmpdir(), 'workspace-'));
  writeFileSync(join(workspace, 'greeting'), 'hello\n');
});

afterEach(async () => {
  await runner.dispose();
  rmSync(workspace, { recursive: true, force: true });
});

const job = (inputs: Readonly<Record<string, string>>, more: Partial<JobOptions> = {}): JobOptions => ({
  action: ACTION,
  inputs,
  workspace,
  environment: { RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '' },
  ...more,
});

describe('a build as a step', () => {
  const inputs = { run: 'cat greeting; mkdir out; cp greeting out/', outputs: 'out' };

  test('is built, then a hit in the next job; daemon and lease end with each', async () => {
    const built = await runner.runJob(job(inputs));
    expect(built.exitCode).toBe(0);
    expect(built.outputs).toMatchObject({
      result: 'built',
      'cache-hit': 'false',
      'exit-code': '0',
      'remote-status': 'none',
      'cache-saved-bytes': '0',
    });
    expect(built.outputs['action-digest']).toMatch(/^[0-9a-f]{64}\/\d+$/);
    expect(built.outputs['outputs-digest']).toMatch(/^[0-9a-f]{64}\/\d+$/);
    expect(Number(built.outputs['cache-size'])).toBeGreaterThan(0);
    expect(built.outputs['casd-socket']).toMatch(/^unix:\//);
    expect(readFileSync(join(workspace, 'out/greeting'), 'utf8')).toBe('hello\n');
    expect(built.post).toMatchObject({ exitCode: 0 });
    expect(built.leftovers).toEqual([]);
    expect(built.annotations).toEqual([]);

    const hit = await runner.runJob(job(inputs));
    expect(hit.outputs).toMatchObject({
      result: 'hit',
      'cache-hit': 'true',
      'action-digest': built.outputs['action-digest'],
      'outputs-digest': built.outputs['outputs-digest'],
    });
    expect(hit.leftovers).toEqual([]);
  });

  test('leaves the daemon to the steps in between, and ends it after them', async () => {
    const running = await runner.startJob(job({ run: 'true' }));
    const ended = await running.result;
    const socket = ended.outputs['casd-socket']?.replace(/^unix:/, '') ?? '';
    expect(ended.main.heldStreams).toBe(false);
    expect(existsSync(socket)).toBe(false);
    expect(ended.leftovers).toEqual([]);
  });

  test('writes the summary, or not', async () => {
    const { summary } = await runner.runJob(job(inputs));
    expect(summary).toContain('out');
    expect(summary).toMatch(/built/i);
    expect((await runner.runJob(job({ ...inputs, summary: 'false' }))).summary).toBe('');
  });

  test('writes the record where it is asked for, and says where', async () => {
    const { outputs } = await runner.runJob(job({ ...inputs, record: 'logs/record.json' }));
    expect(outputs.record).toBe(join(workspace, 'logs/record.json'));
    const record = JSON.parse(readFileSync(outputs.record ?? '', 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({
      version: 1,
      result: 'built',
      actionDigest: outputs['action-digest'],
      remote: { status: 'none' },
      outputs: [{ path: 'out' }],
    });
    expect((await runner.runJob(job({ ...inputs, record: 'logs/record.json' }))).outputs.result).toBe('hit');
  });

  test('groups its log and keeps the build from giving the runner commands', async () => {
    const script = [
      'echo "::error::forged"; echo "::set-output name=result::forged" >&2',
      'echo "::add-mask::x"; echo "::endgroup::"; echo "##[error]forged"',
    ].join('\n');
    const { annotations, groups, outputs, log } = await runner.runJob(job({ run: script }));
    expect(annotations).toEqual([]);
    expect(outputs.result).toBe('built');
    expect(groups.some(({ lines }) => lines.some((line) => line.includes('::error::forged')))).toBe(true);
    expect(log).toContain('forged');
  });

  test('that fails ends with its exit code and one annotation', async () => {
    const { exitCode, annotations, outputs, post } = await runner.runJob(
      job({ run: 'echo "it broke" >&2; exit 7' }),
    );
    expect([exitCode, outputs.result, outputs['exit-code']]).toEqual([7, 'failed', '7']);
    expect(annotations).toHaveLength(1);
    expect(annotations[0]).toMatchObject({ level: 'error' });
    expect(JSON.stringify(annotations[0])).toContain('it broke');
    expect(post?.exitCode).toBe(0);
  });

  test('takes its inputs as a workflow gives them', async () => {
    mkdirSync(join(workspace, 'sub'));
    writeFileSync(join(workspace, 'sub/in'), 'deep\n');
    const { outputs, log } = await runner.runJob(
      job({
        run: 'cat in\necho $A $B\nls ..\n',
        'working-directory': 'sub',
        inputs: 'sub\n!greeting\n',
        env: 'A=1\nB=two words\n',
        shell: 'sh',
      }),
    );
    expect(outputs.result).toBe('built');
    expect(log).toContain('deep');
    expect(log).toContain('1 two words');
    expect(log).not.toContain('greeting\n');
  });

  test('never sees what the runner holds, and neither does the cache', async () => {
    const { log, outputs } = await runner.runJob(
      job({
        run: "env; (cat /proc/*/environ | tr '\\0' '\\n') 2>/dev/null || true",
      }),
    );
    expect(outputs.result).toBe('built');
    const cache = join(runner.home, '.cache/buildbox-action');
    const files = readdirSync(cache, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    expect(files.length).toBeGreaterThan(3);
    for (const canary of Object.values(CANARIES)) {
      expect(log).not.toContain(canary);
      expect(files.some((text) => text.includes(canary))).toBe(false);
    }
  });
});

describe('a step that goes wrong', () => {
  test('by a bad input ends with 2, names it, and starts nothing', async () => {
    const { exitCode, annotations, post, leftovers } = await runner.runJob(
      job({ run: 'true', timeout: 'soon' }),
    );
    expect(exitCode).toBe(2);
    expect(JSON.stringify(annotations)).toMatch(/timeout: .*soon/);
    expect(post?.exitCode).toBe(0);
    expect(leftovers).toEqual([]);
    expect(existsSync(join(runner.home, '.cache/buildbox-action'))).toBe(false);
  });

  test('by a cancel ends with 130, and post leaves nothing running', async () => {
    const running = await runner.startJob(job({ run: 'echo started; sleep 300' }));
    while (!running.log().includes('started')) await new Promise((done) => setTimeout(done, 20));
    await running.cancel();
    const { exitCode, leftovers, post } = await running.result;
    expect(exitCode).toBe(130);
    expect(post?.exitCode).toBe(0);
    expect(leftovers).toEqual([]);
  });

  test('by being killed leaves nothing that outlives the job', async () => {
    const running = await runner.startJob(job({ run: 'echo started; sleep 300' }));
    while (!running.log().includes('started')) await new Promise((done) => setTimeout(done, 20));
    process.kill(running.pid, 'SIGKILL');
    const { post, leftovers } = await running.result;
    expect(post?.exitCode).toBe(0);
    expect(leftovers).toEqual([]);
    const next = await runner.runJob(job({ run: 'echo fine' }));
    expect(next.outputs.result).toBe('built');
  });
});

describe('two jobs of one machine at once', () => {
  let other: Runner;
  let environment: Record<string, string>;
  let gate: string;

  beforeEach(async () => {
    other = await startRunner();
    gate = mkdtempSync('/var/tmp/gate-'); // Nothing below /tmp is shown to a build.
    environment = {
      RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '',
      XDG_CACHE_HOME: join(runner.home, 'shared-cache'),
    };
  });

  afterEach(async () => {
    await other.dispose();
    rmSync(gate, { recursive: true });
  });

  function expectNothingLeft(): void {
    const runs = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && words(pid).includes(runner.home));
    expect(runs.map(words)).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(runner.home);
    expect(existsSync(join(runner.home, 'shared-cache/buildbox-action/run/casd.json'))).toBe(false);
  }

  test('share a daemon and both succeed', async () => {
    environment.RUNNER_TRACKING_ID = ''; // Or the end of the job that started the daemon takes it from the other.
    const results = await Promise.all([
      runner.runJob(job({ run: 'sleep 1; echo a', salt: 'a' }, { environment })),
      other.runJob(job({ run: 'sleep 1; echo b', salt: 'b' }, { environment })),
    ]);
    expect(results.map(({ exitCode, log }) => (exitCode === 0 ? 0 : log))).toEqual([0, 0]);
    expect(new Set(results.map(({ outputs }) => outputs['casd-socket'])).size).toBe(1);
    expect(results.map(({ post }) => post?.exitCode)).toEqual([0, 0]);
    expectNothingLeft();
  });

  test('the end of the one takes its daemon along, and the other builds once more on its own', async () => {
    const first = await runner.startJob(job({ run: 'echo started; sleep 300' }, { environment }));
    await said(first, /^started/m);
    const second = await other.startJob(
      job(
        {
          run: `echo started; until [ -e ${gate}/open ]; do sleep 0.1; done; cat greeting >out`,
          outputs: 'out',
          'host-paths': gate,
        },
        { environment },
      ),
    );
    await said(second, /^started/m);
    await first.cancel();
    const { leftovers } = await first.result;
    expect(leftovers.map(({ command }) => command)).toContainEqual(expect.stringContaining('buildbox-casd'));
    await said(second, /building once more/);
    writeFileSync(join(gate, 'open'), '');
    const built = await second.result;
    expect([built.exitCode, built.outputs.result]).toEqual([0, 'built']);
    expect(readFileSync(join(workspace, 'out'), 'utf8')).toBe('hello\n');
    expect([built.post?.exitCode, built.leftovers]).toEqual([0, []]);
    expectNothingLeft();
  });
});

/** The command line of a process. */
function words(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

async function said(running: Job, text: RegExp): Promise<void> {
  await until(() => text.test(running.log()));
}
