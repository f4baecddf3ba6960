import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Cancelled, Fault } from '../../../src/errors.js';
import { githubHost } from '../../../src/host/github/github-host.js';
import { readInputs } from '../../../src/host/github/inputs.js';
import { loadState, saveState } from '../../../src/host/github/state.js';
import { parseEnvironmentFile } from '../../e2e/runner-model/environment-file.js';
import { LogReader, type ReadLog } from '../../e2e/runner-model/workflow-commands.js';
import { BUILT, FAILED, HIT, HOSTILE } from '../../report/run/sample-report.js';

let folder: string;
/** The toolkit remembers where the summary goes, so it is one place for all tests. */
let summary: string;
let printed: string;
let environment: Record<string, string>;
const saved = { ...process.env };

beforeAll(async () => {
  summary = join(await mkdtemp(join(tmpdir(), 'github-summary-')), 'summary.md');
});

afterAll(() => rm(dirname(summary), { recursive: true }));

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'github-host-'));
  environment = {
    GITHUB_WORKSPACE: folder,
    RUNNER_TEMP: folder,
    GITHUB_STEP_SUMMARY: summary,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'o/r',
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_ATTEMPT: '2',
  };
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE']) {
    environment[name] = join(folder, name);
    await writeFile(join(folder, name), '');
  }
  await rm(summary, { recursive: true, force: true });
  await writeFile(summary, '');
  Object.assign(process.env, environment);
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    printed += Buffer.from(chunk).toString();
    return true;
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, saved);
  await rm(folder, { recursive: true });
});

function readLog(): ReadLog {
  const reader = new LogReader();
  for (const line of printed.split(/\r\n|\n|\r/)) reader.line(line);
  return reader.result();
}

async function readOutputs(): Promise<Record<string, string>> {
  return parseEnvironmentFile(await readFile(join(folder, 'GITHUB_OUTPUT'), 'utf8'));
}

const quiet = { summary: false, record: undefined };

describe('the outcome', () => {
  test('of a build is in the outputs, the summary and the record', async () => {
    const host = githubHost(environment);
    await host.publish(BUILT, { summary: true, record: undefined });
    const { record = '', ...outputs } = await readOutputs();
    expect(outputs).toEqual({
      result: 'built',
      'cache-hit': 'false',
      'exit-code': '0',
      'action-digest': 'bd938c688f49b77c7fc537c6b9222e2c97ebddd63076b87f2feaec66fb9c05d0/6',
      'input-root-digest': 'db702e2703c6221fd50f287df53d5972b44d23ee376f0e4ef6952bcddccacdec/10',
      'outputs-digest': '7b8c56be0a5f71be141f0cfaa9195e2ff8d1ef89e380560b579a82fd841429c1/7',
      'remote-status': 'none',
      'casd-socket': 'unix:/run/user/1001/buildbox/casd.sock',
      'cache-size': '1243000000',
      'cache-saved-bytes': '0',
    });
    expect(JSON.parse(await readFile(record, 'utf8'))).toMatchObject({ version: 1, result: 'built' });
    expect(await readFile(summary, 'utf8')).toMatch(/^### ✅ .* built in 13\.4 s\n/);
    expect(readLog().commands).toEqual([]);
    expect(printed).toMatch(/^✓ make -j2 check built in 13\.4 s\n/);
  });

  test('of a hit has empty texts for what there is not', async () => {
    await githubHost(environment).publish(HIT, quiet);
    expect(await readOutputs()).toMatchObject({ 'cache-hit': 'true', 'casd-socket': '', 'cache-size': '' });
  });

  test('goes to a record where it is asked for, and to no summary that is not', async () => {
    await githubHost(environment).publish(BUILT, { summary: false, record: 'out/record.json' });
    expect((await readOutputs()).record).toBe(join(folder, 'out/record.json'));
    expect(await readdir(join(folder, 'out'))).toEqual(['record.json']);
    expect(await readFile(summary, 'utf8')).toBe('');
  });

  test('is green where no summary can be written, with a warning', async () => {
    await rm(summary);
    await mkdir(summary);
    await githubHost(environment).publish(BUILT, { summary: true, record: undefined });
    expect(readLog().annotations).toMatchObject([
      { level: 'warning', message: expect.stringContaining('the job summary could not be written') },
    ]);
    expect(await readOutputs()).toMatchObject({ result: 'built' });
  });

  test('of a failed build is one annotation, with the end of what it printed', async () => {
    const host = githubHost(environment);
    const log = host.openBuildLog('make -j2 check');
    await log.stdout(Buffer.from('cc x.c\n'));
    await log.stderr(Buffer.from("\u001b[1mx.c:1: error:\u001b[0m 'y' undeclared\n::error::mine"));
    log.close();
    await host.publish(FAILED, { summary: true, record: undefined });
    const { annotations, groups } = readLog();
    expect(annotations).toEqual([
      {
        level: 'error',
        title: 'The build failed',
        message:
          "make -j2 check failed with exit code 2 in 13.4 s\ncc x.c\nx.c:1: error: 'y' undeclared\n::error::mine",
        file: undefined,
      },
    ]);
    expect(groups.map(({ title }) => title)).toEqual(['make -j2 check']);
    expect(await readFile(summary, 'utf8')).toContain("x.c:1: error: 'y' undeclared");
  });

  test('with texts from outside issues no command but the annotation', async () => {
    const host = githubHost(environment);
    host.log.info('::set-output name=result::hit');
    host.log.phase('a\n::error::x');
    await host.publish(HOSTILE, quiet);
    expect(readLog().commands.map(({ command }) => command)).toEqual(['error']);
    expect(await readOutputs()).toMatchObject({ result: 'failed' });
  });
});

describe('what is told while the build prints', () => {
  test('waits for the end of its fence', async () => {
    const host = githubHost(environment);
    const log = host.openBuildLog('make');
    await log.stdout(Buffer.from('first\n'));
    host.log.warn('the quota is nearly used up');
    host.log.info('info');
    await log.stdout(Buffer.from('second\n'));
    log.close();
    const { annotations, groups, lines } = readLog();
    expect(annotations.map(({ message }) => message)).toEqual(['the quota is nearly used up']);
    expect(groups[0]?.lines).toEqual(['first', 'second']);
    expect(lines.filter((line) => line !== '').at(-1)).toBe('info');
  });
});

describe('progress', () => {
  test('is a line now and then, and none among what the build prints', () => {
    let now = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    const host = githubHost(environment);
    host.log.phase('fetching');
    for (; now < 25_000; now += 100) host.log.progress(`${now / 1000} s`);
    const log = host.openBuildLog('make');
    for (; now < 60_000; now += 100) host.log.progress(`${now / 1000} s`);
    log.close();
    const { lines } = readLog();
    expect(lines.filter((line) => line !== '')).toEqual(['fetching …', '10 s …', '20 s …']);
  });
});

describe('annotations', () => {
  test('beyond the tenth are lines of the log', async () => {
    const host = githubHost(environment);
    for (let count = 1; count <= 12; count += 1) host.log.warn(`number ${count}`);
    const { commands, lines } = readLog();
    expect(commands.length).toBe(10);
    expect(lines.filter((line) => line !== '')).toEqual(['warning: number 11', 'warning: number 12']);
  });

  test('hold 4096 characters', async () => {
    const host = githubHost(environment);
    host.log.warn(`${'x'.repeat(4094)}😀😀`);
    expect(readLog().annotations[0]?.message).toBe(`${'x'.repeat(4094)}…`);
  });

  test('of a fault have its remedy and its log', async () => {
    const host = githubHost(environment);
    expect(
      host.fail(new Fault('casd did not start', { remedy: 'Free some space.', log: '::error::x' })),
    ).toBe(125);
    expect(readLog().annotations).toMatchObject([
      {
        level: 'error',
        title: 'The build could not be run',
        message: 'casd did not start\nFree some space.\nIts log:\n  ::error::x',
      },
    ]);
  });

  test('are made even when the fence was left open', async () => {
    const host = githubHost(environment);
    await host.openBuildLog('make').stdout(Buffer.from('::error::mine\n'));
    host.fail(new Fault('casd died'));
    expect(readLog().annotations.map(({ message }) => message)).toEqual(['casd died']);
  });

  test('tell nothing of a cancel, which GitHub tells itself', async () => {
    expect(githubHost(environment).fail(new Cancelled('SIGINT'))).toBe(130);
    expect(readLog().annotations).toEqual([]);
    expect(printed).toBe('The run was cancelled (SIGINT).\n');
  });
});

describe('the step', () => {
  test('has its inputs by name; what is empty is not given', async () => {
    Object.assign(process.env, { INPUT_RUN: ' make\n', 'INPUT_CACHE-DIR': '', 'INPUT_CACHE-QUOTA': '4G' });
    expect(readInputs(['run', 'cache-dir', 'cache-quota', 'salt'])).toEqual({
      run: 'make',
      'cache-quota': '4G',
    });
  });

  test('tells the machine', async () => {
    expect(githubHost(environment).machine).toMatchObject({
      workspace: folder,
      temporary: folder,
      builder: 'https://github.com/o/r/actions/runs/7/attempts/2',
    });
  });

  test.each(['GITHUB_WORKSPACE', 'RUNNER_TEMP'])('needs %s', async (name) => {
    const missing = { ...environment, [name]: '/no/such/folder' };
    expect(() => githubHost(missing)).toThrow(`${name}: "/no/such/folder" is not usable.`);
  });
});

describe('the state', () => {
  async function pass(): Promise<void> {
    const state = parseEnvironmentFile(await readFile(join(folder, 'GITHUB_STATE'), 'utf8'));
    for (const [name, value] of Object.entries(state)) process.env[`STATE_${name}`] = value;
  }

  test('of main comes to post; the last one counts', async () => {
    saveState({ version: 1, cacheDirectory: '/cache', lease: null });
    saveState({ version: 1, cacheDirectory: '/cache', lease: '/cache/leases/1' });
    await pass();
    expect(loadState()).toEqual({ version: 1, cacheDirectory: '/cache', lease: '/cache/leases/1' });
  });

  test('is undefined when main left none', async () => {
    expect(loadState()).toBeUndefined();
  });

  test.each(['{', '{"version":2,"cacheDirectory":"/c","lease":null}', '{"version":1}'])(
    '%s is refused',
    async (text) => {
      process.env.STATE_buildbox = text;
      expect(() => loadState()).toThrow('the state that the main step left cannot be read');
    },
  );
});
