import { spawn } from 'node:child_process';
import { rmdir } from 'node:fs/promises';
import { makeOwnFolder } from '../../process/own-folder.js';
import { runCommand } from '../../process/command.js';
import { withTimeLimit } from '../../async/time-limit.js';
import { plainEnvironment } from '../child-environment.js';
import type { ToolContext } from '../source.js';

/** Each takes milliseconds. */
const DEADLINE = 5_000;
/** Where fusermount3 hands over the open device; Node makes a pair of sockets for such a descriptor. */
const SOCKET = 3;

/**
 * Has fusermount3 mount an empty file system below `parent`, as buildbox-fuse has it, and unmount it. What a security
 * module lets it do shows only so: Ubuntu's profile allows some folders alone.
 *
 * @returns what fusermount3 says where it may not; undefined where it may
 */
export async function whyNotMounting(
  fusermount: string,
  parent: string,
  { machine, signal }: ToolContext,
): Promise<string | undefined> {
  const environment = plainEnvironment(machine);
  const folder = await makeOwnFolder(parent);
  try {
    const said = await mount(fusermount, folder, environment, signal);
    if (said === undefined) {
      const unmount = [fusermount, '-u', '-z', '--', folder];
      await runCommand(unmount, { signal, deadline: DEADLINE, environment, directory: parent });
    }
    return said;
  } finally {
    await rmdir(folder).catch(() => undefined);
  }
}

async function mount(
  fusermount: string,
  folder: string,
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const argv = ['-o', 'ro,nosuid,nodev,fsname=buildbox-action', '--', folder];
  const child = spawn(fusermount, argv, {
    cwd: '/',
    env: { ...environment, _FUSE_COMMFD: String(SOCKET) },
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    signal: withTimeLimit(signal, DEADLINE),
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const exitCode = await new Promise<number | undefined>((resolve) => {
    child.once('error', (error) => {
      said.push(error.message);
      resolve(undefined);
    });
    child.once('exit', (code) => resolve(code ?? undefined));
  });
  const socket = child.stdio[SOCKET];
  // With it the device is closed: whoever looks at the mount then gets an error instead of waiting for an answer.
  if (socket !== null && socket !== undefined && 'destroy' in socket) socket.destroy();
  signal.throwIfAborted();
  if (exitCode === 0) return undefined;
  return said.join('').trim().split('\n').at(-1) ?? `it ended with ${exitCode ?? 'a signal'}`;
}
