import { Action, Command } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from './digest.js';
import { compareUtf8 } from './order.js';

/** What is run, on what, and where: everything that names a build. */
export interface ActionRequest {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Relative to the input root. */
  readonly workingDirectory: string;
  /** Relative to the working directory, without `..` and without a slash at the end. */
  readonly outputPaths: readonly string[];
  /** Several values of one name are allowed. */
  readonly platform: readonly (readonly [name: string, value: string])[];
  readonly inputRoot: Digest;
  /** Milliseconds. */
  readonly timeout: number;
  readonly salt: string;
}

export interface EncodedAction {
  readonly actionDigest: Digest;
  readonly commandDigest: Digest;
  readonly action: Uint8Array;
  readonly command: Uint8Array;
}

/** Encodes Command and Action canonically, as REAPI v2 asks: what is a set is sorted, defaults are left out. */
export function encodeAction(request: ActionRequest): EncodedAction {
  const platform = {
    properties: request.platform
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => compareUtf8(a.name, b.name) || compareUtf8(a.value, b.value)),
  };
  const command = Command.encode(
    Command.fromPartial({
      arguments: [...request.arguments],
      environmentVariables: Object.entries(request.environment)
        .map(([name, value]) => ({ name, value }))
        .sort((a, b) => compareUtf8(a.name, b.name)),
      outputPaths: [...new Set(request.outputPaths)].sort(compareUtf8),
      workingDirectory: request.workingDirectory,
      platform,
    }),
  ).finish();
  const commandDigest = digestOf(command);
  const action = Action.encode(
    Action.fromPartial({
      commandDigest,
      inputRootDigest: request.inputRoot,
      timeout: { seconds: Math.floor(request.timeout / 1000), nanos: (request.timeout % 1000) * 1e6 },
      salt: Buffer.from(request.salt),
      platform,
    }),
  ).finish();
  return { action, actionDigest: digestOf(action), command, commandDigest };
}
