import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Bench } from './command-line.js';
import { PrivateSystem } from './private-system.js';

/** Something touched a moment ago is not remembered. */
const SETTLED = 200;

// Each case looks at all of a machine three times.
jest.setTimeout(240_000);

let bench: Bench;
beforeEach(() => {
  bench = new Bench();
  // Few tools, so that a first look at them is short.
  bench.environment = { PATH: '/usr/local/bin:/usr/bin:/bin' };
});
afterEach(async () => {
  await bench.dispose();
});

describe('in a system that is changed', () => {
  let system: PrivateSystem | undefined;
  beforeAll(async () => {
    system = await PrivateSystem.make();
  });
  afterAll(() => system?.dispose());

  /** Before and after a change: the script's output, and whether the second was a hit. */
  async function around(script: string, before: string, change: string, flags: readonly string[] = []) {
    if (system === undefined) return undefined;
    system.change(before);
    await setTimeout(SETTLED);
    bench.prefix = system.prefix(bench.checkout);
    const first = await bench.run(flags, script);
    const again = await bench.record(flags, script);
    system.change(change);
    const second = await bench.record(flags, script);
    // Another machine with the same results, and no memory of its toolchain.
    rmSync(join(bench.cache, 'memory'), { recursive: true });
    const elsewhere = await bench.record(flags, script);
    await bench.command('casd', 'stop');
    return {
      first: first.stdout + first.stderr.replace(/^✓[^]*/m, ''),
      unchanged: again.record.result,
      second: second.stderr.replace(/^✓[^]*/m, ''),
      results: [second.record.result, elsewhere.record.actionDigest === second.record.actionDigest],
    };
  }

  const cases: Record<string, { script: string; before: string; change: string }> = {
    'npm i -g with prefix /usr': {
      script: 'tool-of-npm',
      before: npmInstall('1.0.0'),
      change: npmInstall('2.0.0'),
    },
    'npm i -g with prefix /usr/local, beyond 640 folders': {
      script: 'tool-of-npm',
      before: `for i in $(seq 700); do mkdir -p /usr/local/lib/a/$i; done; ${npmInstall('1.0.0', '/usr/local')}`,
      change: npmInstall('2.0.0', '/usr/local'),
    },
    'pip for the system': {
      script: '/usr/bin/python3 -c "import own_module"',
      before: 'd=/usr/lib/python3/dist-packages/own_module; mkdir -p $d; echo "print(1)" >$d/__init__.py',
      change: 'd=/usr/lib/python3/dist-packages/own_module; echo "print(2)" >$d/__init__.py',
    },
    'a header in /usr/include': {
      script: 'cat /usr/include/own/own.h',
      before: 'mkdir -p /usr/include/own; echo 1 >/usr/include/own/own.h',
      change: 'echo 2 >/usr/include/own/own.h',
    },
    'a runtime below /usr/lib/jvm': {
      script: 'own-java',
      before:
        'mkdir -p /usr/lib/jvm/own/bin; ln -s /etc/alternatives/own-java /usr/bin/own-java; ln -s /usr/lib/jvm/own/bin/java /etc/alternatives/own-java; printf "#!/bin/sh\\necho 1\\n" >/usr/lib/jvm/own/bin/java; chmod +x /usr/lib/jvm/own/bin/java',
      change: 'printf "#!/bin/sh\\necho 2\\n" >/usr/lib/jvm/own/bin/java',
    },
    'what locale-gen makes': {
      script: 'cat /usr/lib/locale/locale-archive',
      before: 'mkdir -p /usr/lib/locale; echo 1 >/usr/lib/locale/locale-archive',
      change: 'echo 2 >/usr/lib/locale/locale-archive',
    },
    'a program of a package that curl -o wrote over': {
      script: 'factor 6',
      before: 'cp /usr/bin/factor /usr/bin/factor.own; cat /usr/bin/factor.own >/usr/bin/factor',
      change:
        'printf "#!/bin/sh\\necho 2\\nexit\\n" >/tmp/own; truncate -s $(stat -c %s /usr/bin/factor) /tmp/own; cat /tmp/own >/usr/bin/factor; rm /tmp/own',
    },
    'an alternative, by a link in the middle': {
      script: 'own-tool',
      before:
        'for v in 1 2; do mkdir -p /opt/own/$v; printf "#!/bin/sh\\necho $v\\n" >/opt/own/$v/tool; chmod +x /opt/own/$v/tool; done; ln -s 1 /opt/own/current; ln -s /opt/own/current/tool /etc/alternatives/own-tool; ln -s /etc/alternatives/own-tool /usr/bin/own-tool',
      change: 'ln -sfn 2 /opt/own/current',
    },
  };

  test.each(Object.keys(cases))('%s is another action', async (name) => {
    const { script = '', before = '', change = '' } = cases[name] ?? {};
    const seen = await around(script, before, change);
    if (seen === undefined) return;
    expect(seen).toMatchObject({ unchanged: 'hit', results: ['built', true] });
    expect(seen.second).toMatch(/2/);
    expect(seen.first).not.toBe(seen.second);
  });

  test('a host path whose link was switched is another action', async () => {
    const before =
      'for v in 1 2; do mkdir -p /usr/share/own/$v; echo $v >/usr/share/own/$v/file; done; ln -s 1 /usr/share/own/now';
    const path = '/usr/share/own/now';
    const seen = await around(`cat ${path}/file`, before, `ln -sfn 2 ${path}`, ['--host-paths', path]);
    if (seen === undefined) return;
    expect(seen).toMatchObject({ first: '1\n', unchanged: 'hit', second: '2\n', results: ['built', true] });
  });

  const program = (path: string, text: string) =>
    `mkdir -p $(dirname ${path}); printf '#!/bin/sh\\n${text}\\n' >${path}; chmod +x ${path}`;
  const beside = 'cat "$(dirname "$(readlink -f "$0")")/words"';

  test.each<[string, string, string]>([
    [
      'a browser',
      `${program('/opt/google/chrome/google-chrome', beside)}; echo opened >/opt/google/chrome/words;
       ln -s /opt/google/chrome/google-chrome /usr/bin/google-chrome-stable;
       ln -s /usr/bin/google-chrome-stable /etc/alternatives/google-chrome;
       ln -s /etc/alternatives/google-chrome /usr/bin/google-chrome`,
      'google-chrome',
    ],
    [
      'a shell',
      `${program('/opt/microsoft/powershell/7/pwsh', beside)}; echo opened >/opt/microsoft/powershell/7/words;
       ln -s /opt/microsoft/powershell/7/pwsh /usr/bin/pwsh`,
      'pwsh',
    ],
    [
      'by two steps, and a folder that is a link',
      `${program('/opt/own-two/1/bin/two', beside)}; echo opened >/opt/own-two/1/bin/words; ln -s 1 /opt/own-two/now;
       ln -s /opt/own-two/now/bin/two /usr/local/bin/two-1; ln -s two-1 /usr/local/bin/two`,
      'two',
    ],
    [
      'a program right in /opt',
      `${program('/opt/alone', 'echo opened')}; ln -s /opt/alone /usr/bin/alone`,
      'alone',
    ],
  ])('%s below /opt works through its link', async (_, before, script) => {
    if (system === undefined) return;
    system.change(before);
    bench.prefix = system.prefix(bench.checkout);
    const { stdout, stderr } = await bench.run([], script);
    await bench.command('casd', 'stop');
    expect([stdout, stderr]).toEqual(['opened\n', expect.stringContaining('built')]);
  });
});

function npmInstall(version: string, prefix = '/usr'): string {
  const folder = `$(mktemp -d)`;
  const json = JSON.stringify({ name: 'tool-of-npm', version, bin: 'cli.js' });
  return `d=${folder}; cd $d; echo '${json}' >package.json; printf '#!/bin/sh\\ncat "$(dirname "$(readlink -f "$0")")/package.json"\\n' >cli.js; npm pack --silent >/dev/null; npm install --global --prefix ${prefix} --offline --no-audit --no-fund --silent ./*.tgz; cd /; rm -r $d`;
}

describe('in folders of tools', () => {
  let folder: string;
  let tool: string;
  beforeEach(() => {
    folder = mkdtempSync('/var/tmp/tool-cache-');
    chmodSync(folder, 0o755);
    tool = join(folder, 'own/1.0.0/x64');
    put('bin/own', '#!/bin/sh\ncat "$(dirname "$0")/../lib/words"\n', 0o755);
    put('lib/words', 'one\n');
    bench.environment = { PATH: `${join(tool, 'bin')}:/usr/bin:/bin`, RUNNER_TOOL_CACHE: folder };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function put(path: string, text: string, mode = 0o644): string {
    const file = join(tool, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
    return file;
  }

  test('a file after hundreds of others is looked at again', async () => {
    for (let i = 0; i < 400; i++) put(`lib/a/${i}`, 'x');
    put('lib/z/last', 'one\n');
    await setTimeout(SETTLED);
    const script = `cat ${join(tool, 'lib/z/last')}`;
    await bench.run([], script);
    expect((await bench.record([], script)).record.result).toBe('hit');
    put('lib/z/last', 'two\n');
    expect((await bench.record([], script)).stderr).toContain('two\n');
  });

  test('what decides is read wherever it lies, and what is too much is told', async () => {
    bench.environment = { ...bench.environment, ImageOS: 'test', ImageVersion: '1' };
    for (let i = 0; i < 400; i++) put(`lib/a/${i}`, 'x');
    put('lib/z/package.json', '{"version":"1.0.0"}');
    const first = await bench.record([], 'own');
    expect(first.record.toolchain.cut).not.toContain(tool);
    put('lib/z/package.json', '{"version":"2.0.0"}');
    const second = await bench.record([], 'own');
    expect(second.record.toolchain.identity).not.toBe(first.record.toolchain.identity);
    for (let i = 0; i < 3001; i++) put(`lib/b/${i}.so`, 'x');
    const cut = await bench.record([], 'own');
    expect(cut.record.toolchain.cut).toContain(tool);
    expect(cut.stderr).toContain(`too large to be looked at as a whole, so not every change of it counts`);
  });

  test('sockets, pipes and secrets are not shown', async () => {
    const npmrc = put('lib/.npmrc', '//registry.example.com/:_authToken=canary\n');
    const netrc = put('a:b/.netrc', 'canary\n');
    const key = put('etc/server.key', '-----BEGIN PRIVATE KEY-----\ncanary\n');
    const ssh = put('.ssh/known', 'canary\n');
    const kept = put('lib/settings/.npmrc', 'fund=false\n');
    const pipe = join(tool, 'lib/pipe');
    execFileSync('mkfifo', [pipe]);
    const socket = join(tool, 'lib/agent.sock');
    const agent = createServer((connection) => connection.end('canary'));
    await new Promise<void>((done) => agent.listen(socket, done));
    try {
      const connect = `import socket; s = socket.socket(socket.AF_UNIX); s.connect('${socket}'); print(s.recv(9))`;
      const script = `own; cat ${kept}; for f in ${npmrc} ${netrc} ${key} ${ssh}; do cat $f || true; done; [ ! -p ${pipe} ] && echo no pipe; /usr/bin/python3 -c "${connect}"; true`;
      const { stdout, stderr } = await bench.run(['--shell', 'sh'], script);
      expect(stdout).toBe('one\nfund=false\nno pipe\n');
      expect(stderr).toMatch(/PermissionError|ConnectionRefusedError/);
    } finally {
      agent.close();
    }
  });

  test('whether there is a secret makes no other action', async () => {
    const first = await bench.record([], 'own');
    put('lib/.netrc', 'secret\n');
    expect((await bench.record([], 'own')).record.actionDigest).toBe(first.record.actionDigest);
  });
});
