import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench, type BuildRecord, type Ended } from './command-line.js';
import { RemoteServer } from './remote-scene.js';

const server = new RemoteServer();
beforeAll(() => server.start());
afterAll(() => server.stop());

let bench: Bench;
beforeEach(() => {
  bench = new Bench({ 'in.txt': 'hello\n' });
  writeFileSync(join(bench.root, 'event.json'), '{"repository":{"default_branch":"main"}}');
});
afterEach(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

interface TierRecord extends BuildRecord {
  readonly builtUnder: { readonly tier: string; readonly ref: string; readonly event: string | null } | null;
  readonly trust: { readonly tier: string; readonly mayPush: boolean; readonly why: string };
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string>>;

/** A job of GitHub's, as the runner has its variables. */
function job(event: string, ref: string, more: Environment = {}): Environment {
  return {
    ...{ CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'octo/project', GITHUB_EVENT_NAME: event },
    ...{ GITHUB_REF: ref, GITHUB_EVENT_PATH: join(bench.root, 'event.json'), GITHUB_JOB: 'build' },
    ...more,
  };
}
const main = () => job('push', 'refs/heads/main');
const pull = (number = 5) => job('pull_request', `refs/pull/${number}/merge`, { GITHUB_BASE_REF: 'main' });
const laptop: Environment = {};

/** A run on this machine, whose cache folder all of them share, in such a job. */
async function run(
  environment: Environment,
  script = 'cp in.txt out',
  ...flags: readonly string[]
): Promise<Ended & { readonly record: TierRecord }> {
  bench.environment = { ...environment };
  const ended = await bench.record(['--cache', 'none', '--outputs', 'out', ...flags], script);
  expect([ended.exitCode, ended.stderr]).toEqual([0, expect.anything()]);
  return { ...ended, record: ended.record as TierRecord };
}

async function resultOf(environment: Environment, ...flags: readonly string[]): Promise<string> {
  return (await run(environment, 'cp in.txt out', ...flags)).record.result;
}

describe('on a machine that serves pull requests and the default branch', () => {
  test('the default branch builds anew what a pull request built, and the pull request has that', async () => {
    expect(await resultOf(pull())).toBe('built');
    expect(await resultOf(pull())).toBe('hit');
    expect(await resultOf(main())).toBe('built');
    const { record, stderr } = await run(pull());
    expect(record).toMatchObject({
      result: 'hit',
      builtUnder: { tier: 'trusted', ref: 'refs/heads/main', event: null },
    });
    expect(stderr).toMatch(
      / result +of the default branch's own runs \(refs\/heads\/main of octo\/project\)/,
    );
  });

  test.each<[string, () => Environment, () => Environment]>([
    ['another pull request', pull, () => pull(6)],
    ['another repository', main, () => ({ ...main(), GITHUB_REPOSITORY: 'octo/other' })],
    ['a laptop, of a pull request', pull, () => laptop],
    ['a job, of a laptop', () => laptop, main],
    ['a job of nobody knows what, of a laptop', () => laptop, () => ({ CI: 'true' })],
    ['a laptop, of a job of nobody knows what', () => ({ CI: 'true' }), () => laptop],
    [
      'a branch, of an event whose name it has in its own',
      () => job('pull_request_target', 'refs/heads/x'),
      () => job('push', 'refs/heads/x#pull_request_target'),
    ],
  ])('what one built is not believed by %s', async (_, first, second) => {
    expect(await resultOf(first())).toBe('built');
    expect(await resultOf(second())).toBe('built');
    expect(await resultOf(second())).toBe('hit');
  });

  test('expiry gives the remote what its own tier may, whoever expires it', async () => {
    const remote = ['--remote', server.address, '--latency-budget', '5s'];
    const trusted = await run(main(), 'echo main > out', ...remote, '--push', 'never');
    const proposed = await run(pull(), 'echo pull > out', ...remote);
    await run(main(), 'echo newest > out', ...remote, '--push', 'never');
    bench.environment = { ...main() };
    const expired = await bench.command('cache', 'expire', '--to', '1', '--json', ...remote);
    expect(JSON.parse(expired.stdout)).toMatchObject({
      went: { pushed: { results: 1 } },
      stayed: { withheld: { results: 1 } },
    });
    expect(await server.knows(trusted.record.actionDigest)).toBe(true);
    expect(await server.knows(proposed.record.actionDigest)).toBe(false);
  });
});

describe('in a folder that keeps results between runs', () => {
  const folder = () => ['--cache', `folder:${join(bench.root, 'kept')}`, '--cache-key', 'same'];
  /** As on another machine. */
  const elsewhere = async (environment: Environment, ...flags: readonly string[]) => {
    const cache = join(bench.root, `cache-${Math.random()}`);
    const { record } = await run(environment, 'cp in.txt out', '--cache-dir', cache, ...folder(), ...flags);
    return [record.result, record.hitFrom];
  };

  test('an event and a branch that is named like it are two', async () => {
    expect(await elsewhere(job('push', 'refs/heads/x#pull_request_target'))).toEqual(['built', null]);
    expect(await elsewhere(job('pull_request_target', 'refs/heads/x'))).toEqual(['built', null]);
    expect(await elsewhere(job('push', 'refs/heads/x#pull_request_target'))).toEqual(['hit', 'cache']);
    expect(await elsewhere(job('pull_request_target', 'refs/heads/x'))).toEqual(['hit', 'cache']);
  });

  test('a job that lost its ref does not write where laptops read', async () => {
    expect(await elsewhere({ CI: 'true' })).toEqual(['built', null]);
    expect(await elsewhere(laptop)).toEqual(['built', null]);
  });

  test('a gate that requires trust has what the default branch wrote, and nothing else', async () => {
    const gate = ['--require-tier', 'trusted'];
    expect(await elsewhere(pull())).toEqual(['built', null]);
    expect(await elsewhere(pull(), ...gate)).toEqual(['built', null]);
    expect(await elsewhere(main())).toEqual(['built', null]);
    expect(await elsewhere(pull(), ...gate)).toEqual(['hit', 'cache']);
  });
});

describe('require-tier: trusted', () => {
  const gate = ['--require-tier', 'trusted'];

  test('builds anew what the local cache has of its own ref, and takes what is of the default branch', async () => {
    expect(await resultOf(pull())).toBe('built');
    expect(await resultOf(pull(), ...gate)).toBe('built');
    expect(await resultOf(main())).toBe('built');
    expect(await resultOf(pull(), ...gate)).toBe('hit');
  });

  test('does not ask a remote, where nothing tells who wrote it', async () => {
    const remote = ['--remote', server.address, '--latency-budget', '5s'];
    expect((await run(main(), 'echo gate > out', ...remote)).record.result).toBe('built');
    const cache = ['--cache-dir', join(bench.root, 'elsewhere')];
    expect((await run(pull(), 'echo gate > out', ...remote, ...cache, ...gate)).record.result).toBe('built');
    const another = ['--cache-dir', join(bench.root, 'another')];
    const { record } = await run(pull(), 'echo gate > out', ...remote, ...another);
    expect([record.hitFrom, record.builtUnder]).toEqual(['remote', null]);
  });

  test('takes no other value', async () => {
    const { exitCode, stderr } = await bench.run(['--require-tier', 'local'], 'true');
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('any, trusted')]);
  });
});

describe('a job that does not say whose code it builds pushes nothing, and says how it would', () => {
  const remote = () => ['--remote', server.address, '--latency-budget', '5s'];

  test.each<[string, Environment, RegExp]>([
    ['CI alone', { CI: 'true' }, /CI is set/],
    ['what is left of a workflow', { GITHUB_REPOSITORY: 'octo/project' }, /GITHUB_REPOSITORY is set/],
    ['TeamCity', { TEAMCITY_VERSION: '2026.1' }, /TEAMCITY_VERSION is set/],
    ['Jenkins', { JENKINS_URL: 'https://ci', BRANCH_NAME: 'main' }, /the event is not known/],
  ])('%s', async (name, environment, why) => {
    const script = `echo '${name}' > out`;
    const { record, stderr } = await run(environment, script, ...remote());
    expect(record.trust).toMatchObject({ tier: 'untrusted', mayPush: false });
    expect(record.warnings).toEqual([expect.stringMatching(why)]);
    expect(stderr).toContain('`push: always`');
    expect(await server.knows(record.actionDigest)).toBe(false);
    const pushed = await run(environment, script, ...remote(), '--salt', 'again', '--push', 'always');
    expect(await server.knows(pushed.record.actionDigest)).toBe(true);
  });

  test('a checkout in the work folder of a runner, whose variables sudo took away', async () => {
    for (const name of ['_temp', '_actions']) mkdirSync(join(bench.root, name));
    const { record } = await run(laptop, 'echo sudo > out', ...remote());
    expect(record.trust).toMatchObject({ tier: 'untrusted', mayPush: false });
    expect(await server.knows(record.actionDigest)).toBe(false);
  });

  test('a laptop pushes, and so does the default branch of another CI system that tells enough', async () => {
    const gitlab: Environment = {
      ...{ CI: 'true', GITLAB_CI: 'true', CI_PROJECT_PATH: 'octo/project', CI_PIPELINE_SOURCE: 'push' },
      ...{ CI_COMMIT_BRANCH: 'main', CI_DEFAULT_BRANCH: 'main' },
    };
    for (const [name, environment] of [['laptop', laptop] as const, ['gitlab', gitlab] as const]) {
      const { record } = await run(environment, `echo ${name} > out`, ...remote());
      expect(await server.knows(record.actionDigest)).toBe(true);
    }
    const merge = { ...gitlab, CI_PIPELINE_SOURCE: 'merge_request_event', CI_MERGE_REQUEST_IID: '7' };
    const { record } = await run(merge, 'echo merge > out', ...remote());
    expect([record.warnings, await server.knows(record.actionDigest)]).toEqual([[], false]);
  });
});
