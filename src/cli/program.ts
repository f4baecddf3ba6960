import { Command, CommanderError, Option } from 'commander';
import { EXIT_MISTAKE } from '../errors.js';
import { INPUTS, type InputName } from '../gen/inputs.js';
import type { RawInputs } from '../config/given.js';
import type { CommandContext, Invocation } from './command-context.js';
import { runCommandLine } from './run-command.js';

type Action = (invocation: Invocation, context: CommandContext) => Promise<number>;

/** Opens the host once the flags are known: `--json` changes what goes where. */
export type WithContext = (
  json: boolean,
  work: (context: CommandContext) => Promise<number>,
) => Promise<number>;

/** Inputs whose flag may be given several times, one value each. */
const LISTS: ReadonlySet<InputName> = new Set([
  'inputs',
  'outputs',
  'env',
  'host-paths',
  'platform',
  'remote-headers',
]);
const ALL = Object.keys(INPUTS) as InputName[];
const OF_FOLDER: readonly InputName[] = ['cache-dir'];
const OF_DAEMON = ALL.filter((name) => /^(cache-(dir|quota)|buildbox-.*)$/.test(name));

const OF_USAGE = ALL.filter((name) => INPUTS[name].group === 'cache');
const OF_REMOTE = ALL.filter((name) => INPUTS[name].group === 'remote' && name !== 'push-inputs');
const OF_CHECK = [...OF_REMOTE, ...OF_FOLDER];
const OF_EXPIRY = [...OF_REMOTE, ...ALL.filter((name) => /^cache-(dir|quota|max-age)$/.test(name))];

/** The flags that are no inputs. */
interface OwnOptions {
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly to?: string;
}

/**
 * The command line.
 *
 * @returns the exit code: the build's own, 2 for a mistake in the call, 125 for our own fault
 */
export async function runProgram(
  words: readonly string[],
  version: string,
  withContext: WithContext,
): Promise<number> {
  let exitCode = 0;
  const act = (action: Action) => async (argv: readonly string[], command: Command) => {
    const { json = false, dryRun = false, to, ...inputs } = command.opts<OwnOptions>();
    exitCode = await withContext(json, (context) =>
      action({ inputs: rawInputs(inputs), json, dryRun, to, argv }, context),
    );
  };
  const program = buildProgram(version, act);
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_MISTAKE;
  }
}

/** What a command needs is loaded when it is called: gRPC takes a while, and a hit does without. */
function later(load: () => Promise<Action>): Action {
  return async (invocation, context) => (await load())(invocation, context);
}

const cacheCommands = () => import(/* webpackChunkName: "later" */ './cache-commands.js');
const casdCommands = () => import(/* webpackChunkName: "later" */ './casd-commands.js');

type Act = (action: Action) => (argv: readonly string[], command: Command) => Promise<void>;

function buildProgram(version: string, act: Act): Command {
  const program = new Command('buildbox-ci')
    .description('Runs a build in a BuildBox sandbox; an unchanged build is a cache hit.')
    .version(version)
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  const run = subcommand(program, 'run', 'builds, or brings back what was built before', ALL)
    .argument('[argv...]', 'the command, after `--`; or give a script with --run')
    .usage('[flags] -- COMMAND [ARGUMENT...]')
    .addHelpText(
      'after',
      "\nExit codes: the build's own; 2 for a mistake in the call; 125 when we could not do our job.",
    );
  run.action(() => act(runCommandLine)(run.args, run));

  const check = subcommand(
    program,
    'check',
    'is the endpoint there, and is it good enough? exits 0 or 1',
    OF_CHECK,
  );
  check.action(() =>
    act(later(async () => (await import(/* webpackChunkName: "later" */ './check-command.js')).checkCommand))(
      [],
      check,
    ),
  );

  const casd = program.command('casd').description('the daemon that keeps the local cache').exitOverride();
  const start = subcommand(casd, 'start', 'starts it for the steps that follow and prints its address', [
    ...OF_DAEMON,
    ...OF_REMOTE,
  ]);
  start.action(() => act(later(async () => (await casdCommands()).casdStart))([], start));
  const stop = subcommand(casd, 'stop', 'stops it, unless a build uses it', OF_FOLDER);
  stop.action(() => act(later(async () => (await casdCommands()).casdStop))([], stop));
  const status = subcommand(
    casd,
    'status',
    'tells whether it runs, and its usage against its quota',
    OF_FOLDER,
  );
  status.action(() => act(later(async () => (await casdCommands()).casdStatus))([], status));

  const cache = program.command('cache').description('the local cache').exitOverride();
  const usage = subcommand(cache, 'usage', 'tells how full it is, and of what', OF_USAGE);
  usage.action(() => act(later(async () => (await cacheCommands()).cacheUsage))([], usage));
  const expire = subcommand(
    cache,
    'expire',
    'lets go of what nobody used for long, and above 80 % of the quota of what the remote has or takes',
    OF_EXPIRY,
  )
    .option('--dry-run', 'tells what would go, and changes nothing')
    .option('--to <size>', 'how far to get the folder down, such as 500M');
  expire.action(() => act(later(async () => (await cacheCommands()).cacheExpire))([], expire));
  return program;
}

function subcommand(parent: Command, name: string, description: string, inputs: readonly InputName[]) {
  const command = parent.command(name).description(description).exitOverride();
  for (const input of inputs) command.addOption(inputOption(input));
  return command.option('--json', "print JSON on stdout; the build's output then goes to stderr");
}

function inputOption(name: InputName): Option {
  const { description, default: standard, group } = INPUTS[name];
  const isSwitch = standard === 'true' || standard === 'false';
  const words = [
    description,
    ...(LISTS.has(name) ? ['Repeat the flag for more.'] : []),
    ...(standard === '' ? [] : [`(default: ${standard})`]),
  ];
  const option = new Option(`--${name} ${isSwitch ? '[value]' : '<value>'}`, words.join(' '));
  option.helpGroup(`${group}:`);
  if (LISTS.has(name)) {
    option.argParser((value: string, earlier: string | undefined) =>
      earlier === undefined ? value : `${earlier}\n${value}`,
    );
  }
  return option;
}

/** Commander turns `cache-dir` into `cacheDir`, and a switch without a value into `true`. */
function rawInputs(options: Readonly<Record<string, unknown>>): RawInputs {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      String(value),
    ]),
  );
}
