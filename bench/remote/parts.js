import { execFileSync, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles the sources into a folder of their own; returns what loads a module of them. */
export function compile(folder) {
  mkdirSync(folder);
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  const compiler = join(repository, 'node_modules/typescript/bin/tsc');
  const built = join(folder, 'build');
  execFileSync(process.execPath, [compiler, '-p', repository, '--noCheck', '--outDir', built]);
  return (path) => import(pathToFileURL(join(built, path)).href);
}

/** The same for a file of the tests, with what it needs. Returns where it lies then. */
export function compileOfTests(folder, name) {
  const language = '--module nodenext --target es2022 --types node'.split(' ');
  const places = ['--rootDir', repository, '--outDir', folder];
  execFileSync(process.execPath, [
    join(repository, 'node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--noCheck', '--skipLibCheck', ...language, ...places],
    join(repository, '__tests__', name),
  ]);
  return join(folder, '__tests__', name.replace(/\.ts$/, '.js'));
}

/** The casd that the product has installed. */
export function installedCasd() {
  const cache = process.env.RUNNER_TOOL_CACHE ?? join(tmpdir(), 'buildbox-action-test-tools');
  const folder = join(cache, 'buildbox-action/buildbox');
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const casd = found.find((path) => path.endsWith('bin/buildbox-casd'));
  if (casd === undefined) throw new Error(`no casd in ${folder}: let dist/cli.js install it by any run`);
  return join(folder, casd);
}

/** A program that is ended with what uses it. */
class Running {
  constructor(child) {
    this.child = child;
    this.ended = once(child, 'exit');
  }

  async stop() {
    this.child.kill();
    const late = globalThis.setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await this.ended;
    globalThis.clearTimeout(late);
  }
}

/** Starts a casd with nothing in it. */
export async function startCasd(program, folder) {
  mkdirSync(folder, { recursive: true });
  const socket = join(folder, 'socket');
  const words = [`--bind=unix:${socket}`, '--quota-high=20G', '--log-level=error', join(folder, 'cache')];
  const running = new Running(spawn(program, words, { stdio: 'ignore' }));
  for (let waited = 0; !existsSync(socket); waited++) {
    if (waited > 2000) throw new Error('casd did not start');
    await sleep(5);
  }
  const stop = async () => {
    await running.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { socket, stop };
}

/**
 * Starts a link to a socket.
 *
 * @returns its port, and `carried`, which tells what it has carried so far (see link.js)
 */
export async function startLink(socket, roundTrip, bytesPerSecond) {
  const link = fileURLToPath(new URL('link.js', import.meta.url));
  const child = fork(link, [socket, String(roundTrip), String(bytesPerSecond)]);
  const running = new Running(child);
  const [{ port }] = await once(child, 'message');
  const carried = async () => {
    child.send('carried');
    const [answer] = await once(child, 'message');
    return answer;
  };
  return { port, carried, stop: () => running.stop() };
}

/**
 * Starts a server in memory that takes and gives compressed blobs; it needs a Node with zstd.
 *
 * @param program the compiled map-server.ts of the tests
 */
export async function startZstdServer(program) {
  const server = fileURLToPath(new URL('zstd-server.js', import.meta.url));
  const child = fork(server, [program]);
  const running = new Running(child);
  const [socket] = await Promise.race([once(child, 'message'), running.ended]);
  if (typeof socket !== 'string') throw new Error('the server that speaks zstd did not start');
  const stop = async () => {
    child.disconnect();
    await running.ended;
  };
  return { socket, stop };
}
