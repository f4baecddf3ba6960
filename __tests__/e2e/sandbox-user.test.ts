import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Bench } from './command-line.js';

let bench: Bench;

beforeAll(() => {
  bench = new Bench({ 'in.txt': 'x' });
  // An archive as others publish theirs, with an owner that nobody has here.
  const pack = ['--owner=501', '--group=20', '-czf', 'release.tar.gz', 'in.txt'];
  execFileSync('tar', pack, { cwd: bench.checkout });
});

afterAll(async () => {
  await bench.dispose();
  expect(bench.leftovers()).toEqual([]);
});

const run = async (script: string, ...flags: readonly string[]) => {
  const { exitCode, stdout, stderr } = await bench.run(flags, script);
  return { exitCode, stdout, stderr };
};

describe('a build', () => {
  test('is an ordinary user with a name and a home', async () => {
    const { stdout } = await run(
      'id; whoami; echo $USER $LOGNAME; stat -c "%u:%g" . $HOME in.txt /tmp; echo ~',
    );
    expect(stdout.split('\n')).toEqual([
      'uid=1000(build) gid=1000(build) groups=1000(build)',
      ...['build', 'build build', '1000:1000', '1000:1000', '1000:1000', '1000:1000', '/home/build', ''],
    ]);
  });

  test('is known to Python, git and OpenSSH', async () => {
    const python =
      'import getpass, os, pwd; print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_dir, os.getgroups())';
    const script = [
      `python3 -c "${python}"`,
      'git init -q r && git -C r status --short && echo owned',
      'ssh-keygen -q -t ed25519 -N "" -f k && echo key',
    ].join('\n');
    expect(await run(script)).toMatchObject({
      exitCode: 0,
      stdout: 'build /home/build []\nowned\nkey\n',
    });
  });

  test.each([
    ['tar', 'mkdir o && tar xf release.tar.gz -C o && cat o/in.txt'],
    ['install', 'install -D -m 644 in.txt root/usr/share/in.txt && cat root/usr/share/in.txt'],
    ['Python', "python3 -c \"import tarfile; tarfile.open('release.tar.gz').extractall('o')\"; cat o/in.txt"],
  ])('takes files of other owners: %s', async (_, script) => {
    expect(await run(script)).toMatchObject({ exitCode: 0, stdout: 'x' });
  });

  test('is refused other owners as an ordinary user is, with an error that programs pass over', async () => {
    const script = [
      'import os',
      'for call in [lambda: os.chown("in.txt", 0, 0), lambda: os.lchown("in.txt", -1, 65534), lambda: os.setuid(0), lambda: os.setregid(5, 5)]:',
      '  try: call()',
      '  except OSError as error: print(error.strerror)',
      'os.chown("in.txt", 1000, 1000); os.setuid(1000)',
    ];
    bench.write('owners.py', script.join('\n'));
    expect(await run('python3 owners.py')).toMatchObject({
      exitCode: 0,
      stdout: 'Operation not permitted\n'.repeat(4),
    });
  });

  test('finds the folders of copies and of mounts with the same modes', async () => {
    if (process.getuid?.() !== 0) return;
    const copies = new Bench({ 'a/b/in.txt': 'x' });
    const script = 'stat -c "%a %n" / ~ . a a/b a/b/in.txt';
    const mounted = await copies.run(['--staging', 'fuse'], script);
    const copied = await copies.run(['--staging', 'copy', '--salt', 'copied'], script);
    await copies.dispose();
    expect(copied.stdout).toBe(mounted.stdout);
    expect(mounted.stdout).toBe('755 /\n755 /home/build\n755 .\n755 a\n755 a/b\n644 a/b/in.txt\n');
  });
});

describe('user', () => {
  test.each([
    ['0:0', 'uid=0(root) gid=0(root)', 'root'],
    ['33:44', 'uid=33(build) gid=44(build)', 'build'],
    ['65534:65534', 'uid=65534(nobody) gid=65534(nogroup)', 'nobody'],
    ['2147483647:0', 'uid=2147483647(build) gid=0(root)', 'build'],
  ])('%s is who the build is, with the home that it has', async (user, id, name) => {
    const script = 'id; whoami; eval echo ~$USER; touch ~/x && stat -c %u:%g ~ ~/x';
    const { stdout } = await run(script, '--user', user);
    expect(stdout).toMatch(id);
    expect(stdout.split('\n').slice(1)).toEqual([name, '/home/build', user, user, '']);
  });

  test('is part of the action', async () => {
    const digest = async (...flags: readonly string[]) =>
      (await bench.record(flags, 'true')).record.actionDigest;
    const usual = await digest();
    expect(await digest('--user', '1000:1000')).toBe(usual);
    expect(new Set([usual, await digest('--user', '0:0'), await digest('--user', '1000:0')]).size).toBe(3);
  });

  test('0:0 may do what only root asks for', async () => {
    expect(
      await run('install -o root -g root in.txt made && stat -c %U made', '--user', '0:0'),
    ).toMatchObject({
      exitCode: 0,
      stdout: 'root\n',
    });
  });

  test('changes nothing outside: outputs belong to who runs it', async () => {
    for (const user of ['0:0', '33:44']) {
      const { exitCode } = await run(
        'mkdir o; echo x > o/f; chmod 600 o/f; chmod 700 o',
        '--user',
        user,
        '--outputs',
        'o',
      );
      const [folder, file] = ['o', 'o/f'].map((path) =>
        execFileSync('stat', ['-c', '%u:%g %a', join(bench.checkout, path)])
          .toString()
          .trim(),
      );
      const own = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
      expect([exitCode, folder, file]).toEqual([0, `${own} 755`, `${own} 644`]);
      bench.remove('o');
    }
  });

  test('no file of the kernel can be written by any', async () => {
    const script =
      'find /proc/sys /proc/[a-z]* -maxdepth 5 -type f -writable 2>/dev/null | grep -v "^/proc/\\(self\\|thread-self\\)" || echo none';
    for (const user of ['0:0', '1000:1000', '65534:65534']) {
      expect([user, (await run(script, '--user', user)).stdout]).toEqual([user, 'none\n']);
    }
  });

  test('that is none is refused before anything starts', async () => {
    const { exitCode, stderr } = await run('true', '--user', 'root');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('user: "root"');
    expect(stderr).toContain('UID:GID');
  });
});
