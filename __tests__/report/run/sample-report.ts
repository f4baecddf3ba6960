import { digestOf } from '../../../src/reapi/digest.js';
import type { RunReport } from '../../../src/report/run/report.js';

/** A build of a small C project on GitHub, as the tests of the report and of the hosts show it. */
export const BUILT: RunReport = {
  result: 'built',
  hitFrom: null,
  exitCode: 0,
  failure: null,
  title: 'make -j2 check',
  actionDigest: digestOf(Buffer.from('action')),
  commandDigest: digestOf(Buffer.from('command')),
  inputRootDigest: digestOf(Buffer.from('input root')),
  outputsDigest: digestOf(Buffer.from('outputs')),
  outputs: [
    {
      path: 'build/libz.a',
      kind: 'file',
      digest: digestOf(Buffer.from('libz.a')),
      size: 187_442,
      executable: false,
    },
    {
      path: 'build/example',
      kind: 'file',
      digest: digestOf(Buffer.from('example')),
      size: 96_216,
      executable: true,
    },
    {
      path: 'build/reports',
      kind: 'directory',
      digest: digestOf(Buffer.from('reports')),
      size: 1_204_118,
      executable: false,
    },
    { path: 'build/latest', kind: 'symlink', digest: null, size: 0, executable: false },
  ],
  stdoutDigest: digestOf(Buffer.from('stdout')),
  stderrDigest: digestOf(Buffer.alloc(0)),
  input: { files: 253, bytes: 2_871_330, cached: 250 },
  toolchain: {
    rootfs: 'host',
    identity: '5b1b3c0b6c7c9d8f5f0f3f6f0a6a4e1b2c3d4e5f60718293a4b5c6d7e8f90123',
    cut: [],
    bySize: [],
  },
  buildbox: { version: '1.4.25', source: 'wheel' },
  staging: 'fuse',
  stagingReason: '100000 files, 200 MB',
  remote: null,
  kept: null,
  save: null,
  trust: { tier: 'local', mayPush: true, why: 'it runs outside CI' },
  cache: { size: 1_243_000_000, quota: 4_000_000_000 },
  casdSocket: 'unix:/run/user/1001/buildbox/casd.sock',
  timings: {
    inputs: 31,
    toolchain: 24,
    tools: 1840,
    casd: 118,
    lookup: 4,
    capture: 96,
    build: 11_240,
    store: 35,
    outputs: 12,
  },
  duration: 13_420,
  startedAt: new Date('2026-03-09T14:05:06.789Z'),
  builtBy: 'https://github.com/octo/zlib/actions/runs/7000000001/attempts/1',
  builtUnder: { tier: 'trusted', repository: 'octo/zlib', ref: 'refs/heads/main', event: null },
  buildDuration: 11_240,
  warnings: [],
};

/** The same build met again. */
export const HIT: RunReport = {
  ...BUILT,
  result: 'hit',
  hitFrom: 'local',
  input: { ...BUILT.input, cached: null },
  buildbox: null,
  staging: null,
  stagingReason: null,
  casdSocket: null,
  cache: null,
  timings: { inputs: 28, toolchain: 6, lookup: 3, outputs: 9 },
  duration: 74,
};

/** The same build after a mistake in its sources. */
export const FAILED: RunReport = {
  ...BUILT,
  result: 'failed',
  exitCode: 2,
  outputsDigest: null,
  outputs: [],
  warnings: ['/dev/fuse cannot be opened here: the inputs are copied, which takes longer.'],
};

/** A build whose every text comes from somebody who means no good. */
export const HOSTILE: RunReport = {
  ...BUILT,
  title: 'echo `id` | tee "a|b" && <img src=x onerror=alert(1)> @octocat *b* _i_ #1 :tada:\n::error::no',
  result: 'failed',
  exitCode: 1,
  failure: 'declared output `x|y` </code></details> was not made, says @octocat\n| a | b |',
  outputs: [
    {
      path: 'a|b`c`<b>d</b>@octocat\nnew $x$ [l](http://e.com) www.e.com \u001b[31mred  two  \u202edesrever',
      kind: 'file',
      digest: digestOf(Buffer.from('hostile')),
      size: 12,
      executable: true,
    },
  ],
  toolchain: {
    rootfs: 'host',
    identity: '| `x` <script>alert(1)</script>',
    cut: ['/<b>|`x`'],
    bySize: ['/<i>|`y`'],
  },
  buildbox: { version: '1.4 | <b>', source: '`@octocat`' },
  builtBy: 'javascript:alert(1)//@octocat|',
  warnings: ['<h1>@octocat</h1>\n\n# heading | `code`'],
};
