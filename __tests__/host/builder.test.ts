import { expect, test } from '@jest/globals';
import { hostname } from 'node:os';
import { terminalBuilder } from '../../src/host/builder.js';

const RUN = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'o/r',
  GITHUB_RUN_ID: '7',
};

test.each([
  [{ BUILDKITE_BUILD_URL: 'https://bk/1' }, 'https://bk/1'],
  [{ BUILD_URL: 'http://jenkins/job/1/' }, 'http://jenkins/job/1/'],
  [{ ...RUN, GITHUB_RUN_ATTEMPT: '2' }, 'https://github.com/o/r/actions/runs/7/attempts/2'],
  [RUN, 'https://github.com/o/r/actions/runs/7'],
])('%j builds as %s', (environment, builder) => {
  expect(terminalBuilder(environment)).toBe(builder);
});

test.each([[{}], [{ CI_JOB_URL: 'javascript:x' }], [{ GITHUB_RUN_ID: '7' }]])(
  '%j is user@host',
  (environment) => {
    expect(terminalBuilder(environment)).toMatch(new RegExp(`^[^@]+@${hostname()}$`));
  },
);
