import { randomUUID } from 'node:crypto';
import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readActionFile, type ActionFile } from './runner-model/action-file.js';
import { parseEnvironmentFile } from './runner-model/environment-file.js';
import {
  CANARIES,
  environmentAdded,
  fileCommands,
  jobEnvironment,
  prefixed,
} from './runner-model/job-environment.js';
import {
  REAL_PATIENCE,
  startStage,
  type Patience,
  type RunningStage,
  type StageResult,
} from './runner-model/step-process.js';
import { findTracked, killTracked, type TrackedProcess } from './runner-model/tracked-processes.js';
import type { Annotation, Group, WorkflowCommand } from './runner-model/workflow-commands.js';

export { CANARIES };

export interface RunnerOptions {
  /** Who runs the steps, where we are root and they shall not be. */
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly patience?: Partial<Patience>;
}

/** A machine with a runner: its folders outlive a job, as on a self-hosted one. */
export interface Runner {
  readonly home: string;
  readonly toolCache: string;
  startJob(options: JobOptions): Promise<Job>;
  /** A job from its beginning to its end. */
  runJob(options: JobOptions): Promise<JobResult>;
  /** Post alone, as after a main that left this state. */
  startPost(options: JobOptions, state: Readonly<Record<string, string>>): Promise<StartedPost>;
  /** Removes the runner's folders. */
  dispose(): Promise<void>;
}

export interface JobOptions {
  /** The folder that holds action.yml. */
  readonly action: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly workspace: string;
  readonly event?: { readonly name: string; readonly payload: object };
  /** Which node runs the action, for the one that `using` names. */
  readonly node?: string;
  /** Variables of the job beyond those of the runner; an undefined one is taken away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** False: the runner dies before post. */
  readonly post?: boolean;
}

export interface Job {
  /** The process of main. */
  readonly pid: number;
  /** What main printed so far. */
  readonly log: () => string;
  /** Cancels main, as the runner does: SIGINT, SIGTERM, SIGKILL, with patience between. */
  readonly cancel: () => Promise<void>;
  readonly result: Promise<JobResult>;
}

export interface PostResult extends StageResult {
  readonly summary: string;
}

export interface StartedPost extends RunningStage {
  /** What still runs of what the job has started. */
  readonly processes: () => Promise<readonly TrackedProcess[]>;
}

export interface JobResult {
  /** Of main. */
  readonly exitCode: number;
  /** Of main, as is all that follows; post has its own. */
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly groups: readonly Group[];
  readonly commands: readonly WorkflowCommand[];
  readonly main: StageResult;
  readonly post: PostResult | undefined;
  /** What still ran when the job was over, and was killed. */
  readonly leftovers: readonly TrackedProcess[];
  /** Files in RUNNER_TEMP; kept until the next job of this runner. */
  readonly temporary: string;
}

export async function startRunner(options: RunnerOptions = {}): Promise<Runner> {
  const root = await mkdtemp(join(tmpdir(), 'runner-'));
  const [home, toolCache, temporary] = ['home', 'tool-cache', 'temp'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const own = async (path: string) => {
    if (options.user !== undefined) await chown(path, options.user.uid, options.user.gid);
  };
  await own(root);
  for (const folder of [home, toolCache]) {
    await mkdir(folder);
    await own(folder);
  }

  const begin = async (job: JobOptions): Promise<Stage> => {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    await own(temporary);
    return { ...job, home, toolCache, temporary, own, ...options };
  };
  const startJob = async (job: JobOptions): Promise<Job> => playJob(await begin(job));
  return {
    home,
    toolCache,
    startJob,
    runJob: async (job) => (await startJob(job)).result,
    startPost: async (job, state) => playPostAlone(await begin(job), state),
    dispose: () => rm(root, { recursive: true, force: true }),
  };
}

interface Stage extends JobOptions, RunnerOptions {
  readonly home: string;
  readonly toolCache: string;
  readonly temporary: string;
  readonly own: (path: string) => Promise<void>;
}

interface SetUp {
  readonly action: ActionFile;
  readonly trackingId: string;
  /** The variables that both stages get. */
  readonly shared: Readonly<Record<string, string>>;
}

async function setUp(job: Stage): Promise<SetUp> {
  const action = await readActionFile(job.action);
  const trackingId = `github_${randomUUID()}`;
  const shared = await jobEnvironment({
    ...job,
    trackingId,
    inputs: { ...action.inputs, ...job.inputs },
    event: job.event ?? { name: 'push', payload: {} },
    environment: job.environment ?? {},
  });
  return { action, trackingId, shared };
}

async function playPostAlone(job: Stage, state: Readonly<Record<string, string>>): Promise<StartedPost> {
  const { action, trackingId, shared } = await setUp(job);
  const environment = { ...shared, ...prefixed('STATE_', state), ...(await fileCommands(job)) };
  const stage = play(job, action.post ?? '', environment);
  return { ...stage, processes: () => findTracked(trackingId) };
}

async function playJob(job: Stage): Promise<Job> {
  const { action, trackingId, shared } = await setUp(job);
  const mainFiles = await fileCommands(job);
  const main = play(job, action.main, { ...shared, ...mainFiles });

  const result = (async (): Promise<JobResult> => {
    const ended = await main.result;
    const state = parseEnvironmentFile(await readFile(mainFiles.GITHUB_STATE, 'utf8'));
    const outputs = parseEnvironmentFile(await readFile(mainFiles.GITHUB_OUTPUT, 'utf8'));
    const summary = await readFile(mainFiles.GITHUB_STEP_SUMMARY, 'utf8');
    const added = await environmentAdded(shared, mainFiles);
    const post = await playPost(job, action, ended, { ...shared, ...added, ...prefixed('STATE_', state) });
    const leftovers = await findTracked(trackingId);
    killTracked(leftovers);
    const { exitCode, log, annotations, groups, commands } = ended;
    const { temporary } = job;
    return {
      ...{ exitCode, log, annotations, groups, commands, main: ended },
      ...{ outputs, state, summary, post, leftovers, temporary },
    };
  })();
  return { pid: main.pid, log: main.log, cancel: main.cancel, result };
}

async function playPost(
  job: Stage,
  action: ActionFile,
  main: StageResult,
  environment: Readonly<Record<string, string>>,
): Promise<PostResult | undefined> {
  const wanted =
    action.postIf === 'always()' || (action.postIf === 'success()' ? main.exitCode === 0 : undefined);
  if (wanted === undefined) throw new Error(`cannot play post-if: ${action.postIf}`);
  if (action.post === undefined || !wanted || job.post === false) return undefined;
  const files = await fileCommands(job);
  const ended = await play(job, action.post, { ...environment, ...files }).result;
  return { ...ended, summary: await readFile(files.GITHUB_STEP_SUMMARY, 'utf8') };
}

function play(job: Stage, script: string, environment: Readonly<Record<string, string>>): RunningStage {
  return startStage({
    argv: [job.node ?? process.execPath, join(job.action, script)],
    directory: job.workspace,
    environment,
    user: job.user,
    patience: { ...REAL_PATIENCE, ...job.patience },
  });
}
