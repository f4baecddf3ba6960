import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnvironmentFile } from './environment-file.js';

/** Secrets that the runner gives to an action. They must turn up nowhere: not in a log, not in a build. */
export const CANARIES = {
  ACTIONS_RUNTIME_TOKEN: 'canary-runtime-token-3f1c7a',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-id-token-9b27e4',
} as const;

export interface JobFacts {
  readonly inputs: Readonly<Record<string, string>>;
  readonly event: { readonly name: string; readonly payload: object };
  readonly trackingId: string;
  readonly workspace: string;
  readonly home: string;
  readonly toolCache: string;
  readonly temporary: string;
  /** Variables of the job beyond those of the runner; an undefined one is taken away. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Gives a file to the user of the steps. */
  readonly own: (path: string) => Promise<void>;
}

/** The variables that both stages get. */
export async function jobEnvironment(job: JobFacts): Promise<Record<string, string>> {
  const eventFile = join(job.temporary, '_event.json');
  await writeFile(eventFile, JSON.stringify(job.event.payload));
  await job.own(eventFile);
  const environment: Record<string, string | undefined> = {
    PATH: process.env.PATH ?? '/usr/bin:/bin',
    HOME: job.home,
    LANG: 'C.UTF-8',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: job.event.name,
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_JOB: 'build',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'octo/project',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '7000000001',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_WORKFLOW: 'CI',
    GITHUB_WORKSPACE: job.workspace,
    RUNNER_ARCH: 'X64',
    RUNNER_NAME: 'played',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: job.temporary,
    RUNNER_TOOL_CACHE: job.toolCache,
    RUNNER_TRACKING_ID: job.trackingId,
    ACTIONS_CACHE_SERVICE_V2: 'True',
    ACTIONS_CACHE_MODE: 'none', // A test that wants a cache service starts one.
    ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/id',
    ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/',
    ACTIONS_RUNTIME_URL: 'http://127.0.0.1:9/',
    ...CANARIES,
    ...prefixed('INPUT_', job.inputs, (name) => name.replaceAll(' ', '_').toUpperCase()),
    ...job.environment,
  };
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

const FILE_COMMANDS = [
  'GITHUB_ENV',
  'GITHUB_OUTPUT',
  'GITHUB_PATH',
  'GITHUB_STATE',
  'GITHUB_STEP_SUMMARY',
] as const;

/** New, empty files for a stage to write its commands to. */
export async function fileCommands(
  job: Pick<JobFacts, 'temporary' | 'own'>,
): Promise<Record<(typeof FILE_COMMANDS)[number], string>> {
  const folder = join(job.temporary, '_runner_file_commands');
  await mkdir(folder, { recursive: true });
  await job.own(folder);
  const entries = FILE_COMMANDS.map(
    (name) => [name, join(folder, `${name.toLowerCase()}_${randomUUID()}`)] as const,
  );
  for (const [, file] of entries) {
    await writeFile(file, '');
    await job.own(file);
  }
  return Object.fromEntries(entries) as Record<(typeof FILE_COMMANDS)[number], string>;
}

/** What main added to the environment of the steps that follow. */
export async function environmentAdded(
  shared: Readonly<Record<string, string>>,
  files: Readonly<Record<'GITHUB_ENV' | 'GITHUB_PATH', string>>,
): Promise<Record<string, string>> {
  const variables = parseEnvironmentFile(await readFile(files.GITHUB_ENV, 'utf8'));
  if (Object.hasOwn(variables, 'NODE_OPTIONS'))
    throw new Error('the runner refuses NODE_OPTIONS in GITHUB_ENV');
  const folders = (await readFile(files.GITHUB_PATH, 'utf8')).split('\n').filter((line) => line !== '');
  return { ...variables, PATH: [...folders.reverse(), shared.PATH ?? ''].join(':') };
}

/** The values under names with a prefix. */
export function prefixed(
  prefix: string,
  values: Readonly<Record<string, string>>,
  rename: (name: string) => string = (name) => name,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}${rename(name)}`, value]),
  );
}
