import { describe, expect, test } from '@jest/globals';
import { believer, type Origin, originOf } from '../../src/trust/belief.js';
import type { Provenance } from '../../src/trust/provenance.js';

const main: Provenance = {
  ...{ ci: 'GitHub', sign: undefined, repository: 'octo/project', event: 'push', ref: 'refs/heads/main' },
  ...{ defaultBranch: 'main', baseBranch: undefined },
};
const pull: Provenance = {
  ...main,
  ...{ event: 'pull_request', ref: 'refs/pull/5/merge', baseBranch: 'next' },
};
const otherPull: Provenance = { ...pull, ref: 'refs/pull/6/merge' };
const nothing = { repository: undefined, event: undefined, ref: undefined, defaultBranch: undefined };
const laptop: Provenance = { ...main, ...nothing, ci: undefined };
const someCi: Provenance = { ...main, ...nothing, ci: 'unknown', sign: 'CI is set' };

const RUNS: Readonly<Record<string, Provenance>> = {
  main,
  pull,
  otherPull,
  next: { ...main, ref: 'refs/heads/next' },
  feature: { ...main, ref: 'refs/heads/feature' },
  target: { ...pull, event: 'pull_request_target', ref: 'refs/heads/main', baseBranch: 'main' },
  collision: { ...main, ref: 'refs/heads/main#pull_request_target' },
  noPayload: { ...main, defaultBranch: undefined },
  noEvent: { ...main, event: undefined },
  otherRepository: { ...main, repository: 'octo/other' },
  laptop,
  someCi,
};

/** By the run that reads: whose results it believes. */
const BELIEVED: Readonly<Record<string, readonly string[]>> = {
  main: ['main'],
  pull: ['main', 'next', 'pull', 'noPayload'],
  otherPull: ['main', 'next', 'otherPull', 'noPayload'],
  next: ['main', 'next', 'noPayload'],
  feature: ['main', 'feature', 'noPayload'],
  target: ['main', 'target', 'noPayload'],
  collision: ['main', 'collision', 'noPayload'],
  noPayload: ['main', 'noPayload'],
  noEvent: ['main', 'noEvent', 'noPayload'],
  otherRepository: ['otherRepository'],
  laptop: ['main', 'otherRepository', 'laptop'],
  someCi: ['someCi'],
};

describe('who believes whose results', () => {
  test.each(Object.keys(RUNS))('%s', (reader) => {
    const believes = believer(RUNS[reader] ?? main, 'any');
    const believed = Object.entries(RUNS).filter(([, writer]) => believes(originOf(writer)));
    expect(believed.map(([name]) => name).sort()).toEqual([...(BELIEVED[reader] ?? [])].sort());
  });

  test("what is required to be trusted is the default branch's own", () => {
    for (const [reader, provenance] of Object.entries(RUNS)) {
      const believes = believer(provenance, 'trusted');
      const believed = Object.entries(RUNS).filter(([, writer]) => believes(originOf(writer)));
      for (const [name] of believed) expect(['main', 'otherRepository']).toContain(name);
      expect([reader, believes(originOf(main))]).toEqual([
        reader,
        !['otherRepository', 'someCi'].includes(reader),
      ]);
    }
  });

  test('a trusted tier under another ref is none', () => {
    const forged: Origin = { ...originOf(otherPull), tier: 'trusted' };
    expect(believer(main, 'any')(forged)).toBe(false);
    expect(believer(pull, 'trusted')(forged)).toBe(false);
  });
});
