import { describe, expect, test } from '@jest/globals';
import { Action, Command } from '../../src/gen/build/bazel/remote/execution/v2/remote_execution.js';
import { type ActionRequest, encodeAction } from '../../src/reapi/action.js';
import { EMPTY_DIGEST } from '../../src/reapi/digest.js';

const request: ActionRequest = {
  arguments: ['make', 'check'],
  environment: { PATH: '/usr/bin', HOME: '/home/build' },
  workingDirectory: 'workspace',
  outputPaths: ['b', 'a', 'b'],
  platform: [
    ['inject', 'two'],
    ['OSFamily', 'linux'],
    ['inject', 'one'],
  ],
  inputRoot: EMPTY_DIGEST,
  timeout: 90_500,
  salt: '',
};

describe('encodeAction', () => {
  test('sorts what is a set', () => {
    const command = Command.decode(encodeAction(request).command);
    expect(command.arguments).toEqual(['make', 'check']);
    expect(command.environmentVariables.map(({ name }) => name)).toEqual(['HOME', 'PATH']);
    expect(command.outputPaths).toEqual(['a', 'b']);
    expect(command.platform?.properties.map(({ name, value }) => `${name}=${value}`)).toEqual([
      'OSFamily=linux',
      'inject=one',
      'inject=two',
    ]);
  });

  test('gives the platform in the Action too, and the timeout to the millisecond', () => {
    const { action, command, commandDigest } = encodeAction(request);
    const decoded = Action.decode(action);
    expect(decoded.platform).toEqual(Command.decode(command).platform);
    expect(decoded.timeout).toEqual({ seconds: 90, nanos: 500_000_000 });
    expect(decoded.commandDigest).toEqual(commandDigest);
  });

  test('the order in which things are given does not matter', () => {
    const turned = encodeAction({
      ...request,
      environment: { HOME: '/home/build', PATH: '/usr/bin' },
      outputPaths: ['a', 'b'],
      platform: [...request.platform].reverse(),
    });
    expect(turned.actionDigest).toEqual(encodeAction(request).actionDigest);
  });

  test.each<[string, Partial<ActionRequest>]>([
    ['an argument', { arguments: ['make'] }],
    ['a variable', { environment: { ...request.environment, CC: 'gcc' } }],
    ['the working directory', { workingDirectory: 'workspace/src' }],
    ['an output', { outputPaths: ['a'] }],
    ['a platform property', { platform: [['inject', 'two']] }],
    ['the timeout', { timeout: 90_501 }],
    ['the salt', { salt: 'x' }],
    ['the input root', { inputRoot: { hash: 'f'.repeat(64), sizeBytes: 1 } }],
  ])('%s is part of the name of a build', (_, change) => {
    expect(encodeAction({ ...request, ...change }).actionDigest).not.toEqual(
      encodeAction(request).actionDigest,
    );
  });
});
