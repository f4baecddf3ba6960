import { getExecOutput } from '@actions/exec';
import type { Machine } from '../../machine.js';
import { messageOf } from '../../errors.js';
import { findProgram } from '../../process/own-programs.js';
import { PROFILE, profileFor } from './apparmor-profile.js';
import { packageManagerEnvironment } from '../child-environment.js';
import { isRestrictedByAppArmor, type SandboxFacts } from './diagnose.js';
import { findPrivilege } from '../packages/privilege.js';
import type { ToolContext } from '../source.js';

/** Whether this machine may be changed so that sandboxes start: `auto` on one that is thrown away after the job. */
export type FixHost = 'auto' | 'never' | 'always';

/** One thing to do to the machine, as root. */
interface Means {
  readonly argv: readonly string[];
  readonly input?: string;
  /** What it did, as one line. */
  readonly done: string;
}

/** In seconds; each is done within one. */
const DEADLINE = '10';
const TIMED_OUT = 124;

const LIFTED = 'for all programs, until it restarts';

/**
 * Makes the machine able to start sandboxes, by the narrowest means that works. Nothing is written to a disk, and
 * nothing of this outlives a restart of the machine.
 *
 * @param starts whether a sandbox starts now
 * @returns whether one does
 */
export async function fixHost(
  choice: FixHost,
  facts: SandboxFacts,
  context: ToolContext,
  starts: () => Promise<boolean>,
): Promise<boolean> {
  if (!mayFix(choice, facts, context.machine)) return false;
  const causes = restrictions(facts);
  if (causes.length === 0) return false;
  const privilege = await findPrivilege(context);
  if (privilege === undefined) return false;
  for (const means of await meansAgainst(causes, facts, privilege, context)) {
    context.signal.throwIfAborted();
    if (!(await succeeds([...privilege, ...means.argv], context, means.input))) continue;
    context.log.notice(`${means.done} (\`fix-host\`)`);
    if (await starts()) return true;
  }
  return false;
}

/** One that is not thrown away is its owner's to change; in most containers nobody can. */
function mayFix(choice: FixHost, { bounded }: SandboxFacts, { environment }: Machine): boolean {
  if (choice === 'never' || bounded) return false;
  return choice === 'always' || environment.RUNNER_ENVIRONMENT === 'github-hosted';
}

type Restriction = 'apparmor' | readonly [setting: string, value: string];

function restrictions(facts: SandboxFacts): readonly Restriction[] {
  if (isRestrictedByAppArmor(facts)) return ['apparmor'];
  const settings: Restriction[] = Object.keys(facts.limits)
    .filter((kind) => facts.limits[kind] === 0)
    .map((kind) => [`user.max_${kind}_namespaces`, '15000']);
  if (facts.unprivilegedClone === '0') settings.push(['kernel.unprivileged_userns_clone', '1']);
  return settings;
}

/** From narrow to broad. */
async function meansAgainst(
  causes: readonly Restriction[],
  { program }: SandboxFacts,
  privilege: readonly string[],
  context: ToolContext,
): Promise<readonly Means[]> {
  const means: Means[] = [];
  for (const cause of causes) {
    if (cause !== 'apparmor') {
      means.push(setting(...cause));
      continue;
    }
    // A second profile for one program would leave it with none.
    if (!(await hasProfile(program, privilege, context))) means.push(profile(program));
    means.push(setting('kernel.apparmor_restrict_unprivileged_userns', '0'));
  }
  return means;
}

function profile(program: string): Means {
  return {
    argv: ['apparmor_parser', '--replace', '--skip-cache'],
    input: profileFor(program),
    done: `AppArmor lets ${program} make user namespaces now, by the profile ${PROFILE}, until this machine restarts`,
  };
}

function setting(name: string, value: string): Means {
  return {
    argv: ['sysctl', '-w', `${name}=${value}`],
    done: `${name} is ${value} on this machine now, ${LIFTED}`,
  };
}

/** Whether a profile that the kernel has is for this program, but for our own, which may be for another of its name. */
function hasProfile(program: string, privilege: readonly string[], context: ToolContext): Promise<boolean> {
  const loaded = '/sys/kernel/security/apparmor/policy/profiles';
  const grep = ['grep', '-rqsFx', '--include=attach', `--exclude-dir=${PROFILE}.*`, program, loaded];
  return succeeds([...privilege, ...grep], context);
}

/** Runs a command to its end, shows what it says where it fails, and tells whether it did well. */
async function succeeds(
  [file = '', ...argv]: readonly string[],
  { machine, log }: ToolContext,
  input?: string,
): Promise<boolean> {
  const timeout = findProgram('timeout', machine);
  if (timeout === undefined) return false;
  try {
    const { exitCode, stderr } = await getExecOutput(timeout, [DEADLINE, file, ...argv], {
      cwd: '/',
      env: packageManagerEnvironment(machine),
      ignoreReturnCode: true,
      silent: true,
      ...(input === undefined ? {} : { input: Buffer.from(input) }),
    });
    if (exitCode === TIMED_OUT) log.notice(`${file} did not end within ${DEADLINE} s`);
    else if (exitCode !== 0 && stderr !== '') log.notice(`${file}: ${stderr.trim()}`);
    return exitCode === 0;
  } catch (error) {
    log.notice(`${file}: ${messageOf(error)}`);
    return false;
  }
}
