import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

/**
 * AppArmor's part of the kernel cannot be had here. What is seen of it is laid over /proc and /sys in a mount namespace,
 * and the two programs that change it are stand-ins, as is a bwrap that starts once they have. Only root makes one.
 */
const describeAsRoot = process.getuid?.() === 0 ? describe : describe.skip;

const HOSTED = { RUNNER_ENVIRONMENT: 'github-hosted' };

describeAsRoot('a machine on which AppArmor keeps sandboxes from starting', () => {
  let bench: Bench;
  let programs: string;

  const program = (name: string, script: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  const calls = () => {
    const file = join(bench.root, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };
  const ALLOW = 'touch "${0%/*}/allowed"';
  const NOTE = 'echo "${0##*/} $*" >> "${0%/*}/../calls"';

  beforeEach(() => {
    bench = new Bench();
    programs = join(bench.root, 'bin');
    mkdirSync(programs);
    program('apparmor_parser', `cat > "\${0%/*}/../profile"\n${NOTE}\n${ALLOW}`);
    program('sysctl', `${NOTE}\n${ALLOW}`);
    // A /proc with something laid over it cannot be mounted anew, so the real bwrap starts without that.
    program(
      'bwrap',
      `[ -e "\${0%/*}/allowed" ] || { echo "bwrap: setting up uid map: Permission denied" >&2; exit 1; }
       exec unshare --mount sh -c 'umount --recursive /proc/sys/kernel && exec /usr/bin/bwrap "$@"' bwrap "$@"`,
    );
    bench.environment.PATH = `${programs}:${process.env.PATH ?? ''}`;
    machine();
  });

  afterEach(async () => {
    await bench.dispose();
    expect(bench.leftovers()).toEqual([]);
  });

  /** @param attached the program that a profile of the kernel's is for */
  function machine(attached = '/usr/bin/other'): void {
    const laid = join(bench.root, 'laid');
    const profiles = join(laid, 'security/apparmor/policy/profiles/some.1');
    mkdirSync(join(laid, 'kernel/random'), { recursive: true });
    mkdirSync(profiles, { recursive: true });
    writeFileSync(join(profiles, 'attach'), `${attached}\n`);
    const script = [
      `cd /proc/sys/kernel && for name in overflowuid overflowgid cap_last_cap pid_max threads-max; do cat $name > '${laid}/kernel/'$name; done`,
      `echo 1 > '${laid}/kernel/apparmor_restrict_unprivileged_userns'`,
      `mount --bind /proc/sys/kernel/random '${laid}/kernel/random'`,
      `mount --rbind '${laid}/kernel' /proc/sys/kernel`,
      `mount --bind '${laid}/security' /sys/kernel/security`,
      `cd '${bench.checkout}' && exec "$@"`,
    ].join(' && ');
    bench.prefix = ['unshare', '--mount', 'sh', '-c', script, 'sh'];
  }

  test('is given a profile for our bwrap alone where it is a hosted runner', async () => {
    Object.assign(bench.environment, HOSTED);
    const { exitCode, stdout, stderr } = await bench.run([], 'echo built');
    expect([exitCode, stdout]).toEqual([0, 'built\n']);
    const bwrap = join(programs, 'bwrap');
    expect(stderr).toContain(
      `AppArmor lets ${bwrap} make user namespaces now, by the profile buildbox-action-bwrap, until this machine restarts (\`fix-host\`)`,
    );
    expect(calls()).toEqual(['apparmor_parser --replace --skip-cache']);
    expect(readFileSync(join(bench.root, 'profile'), 'utf8')).toBe(
      `abi <abi/4.0>,\n\nprofile buildbox-action-bwrap "${bwrap}" flags=(unconfined) {\n  userns,\n}\n`,
    );
    // Nothing is done twice.
    expect((await bench.run([], 'echo again')).exitCode).toBe(0);
    expect(calls()).toHaveLength(1);
  });

  test('has the restriction lifted where the profile is refused', async () => {
    Object.assign(bench.environment, HOSTED);
    program('apparmor_parser', `${NOTE}\necho "AppArmor parser error: no abi/4.0" >&2\nexit 1`);
    const { exitCode, stderr } = await bench.run([], 'true');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('apparmor_parser: AppArmor parser error: no abi/4.0');
    expect(stderr).toContain(
      'kernel.apparmor_restrict_unprivileged_userns is 0 on this machine now, for all programs',
    );
    expect(calls()).toEqual([
      'apparmor_parser --replace --skip-cache',
      'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0',
    ]);
  });

  test('gets no second profile for a program that has one', async () => {
    machine(join(programs, 'bwrap'));
    const { exitCode } = await bench.run(['--fix-host', 'always'], 'true');
    expect(exitCode).toBe(0);
    expect(calls()).toEqual(['sysctl -w kernel.apparmor_restrict_unprivileged_userns=0']);
  });

  test('is left alone where nobody can change it, and is taken for a container', async () => {
    Object.assign(bench.environment, HOSTED);
    const prefix = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin'];
    bench.prefix = [...bench.prefix, ...prefix];
    const { exitCode, stderr } = await bench.run(['--fix-host', 'always'], 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('All of it on the machine that runs the container.');
    expect(calls()).toEqual([]);
  });

  test.each([
    ['where it is not thrown away', {}, 'auto'],
    ['where it is said to be self-hosted', { RUNNER_ENVIRONMENT: 'self-hosted' }, 'auto'],
    ['where nothing may be changed', HOSTED, 'never'],
  ])('is left alone %s, and the remedy is told', async (_, environment, choice) => {
    Object.assign(bench.environment, environment);
    const { exitCode, stderr } = await bench.run(['--fix-host', choice], 'true');
    expect(exitCode).toBe(125);
    expect(stderr).toContain('AppArmor keeps ordinary programs from using user namespaces here');
    expect(stderr).toContain('apparmor_parser -r');
    expect(calls()).toEqual([]);
  });
});
