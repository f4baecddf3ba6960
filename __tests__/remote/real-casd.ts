import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A casd of its own in a folder of its own, as the product installed it, to be somebody's remote. */
export class RealCasd {
  readonly #folder = mkdtempSync(join(quickFolder(), 'real-casd-'));
  #child: ChildProcess | undefined;

  get address(): string {
    return `unix:${this.#folder}/socket`;
  }

  /** Starts it, or starts it again with what it held. */
  async start(): Promise<void> {
    const socket = join(this.#folder, 'socket');
    rmSync(socket, { force: true });
    const words = [
      `--bind=unix:${socket}`,
      '--quota-high=20G',
      '--log-level=error',
      join(this.#folder, 'cache'),
    ];
    this.#child = spawn(installedCasd(), words, { stdio: 'ignore', env: {} });
    const end = Date.now() + 20_000;
    while (!existsSync(socket)) {
      if (Date.now() > end) throw new Error('casd did not start');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Every file that it keeps: blobs, entries, assets. */
  stored(): readonly string[] {
    const files = readdirSync(join(this.#folder, 'cache'), { recursive: true, encoding: 'utf8' });
    return files.filter((path) => /objects\/../.test(path)).sort();
  }

  /** Ends it without a word to anybody; `start` brings it back. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(late);
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.#folder, { recursive: true });
  }
}

function installedCasd(): string {
  const folder = join(process.env.TEST_TOOL_CACHE ?? '', 'buildbox-action/buildbox');
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith('bin/buildbox-casd'),
  );
  if (found === undefined) throw new Error(`no casd in ${folder}`);
  return join(folder, found);
}

/** In memory where there is enough of it: a disk that stalls looks like a remote that does. */
function quickFolder(): string {
  const memory = '/dev/shm';
  if (!existsSync(memory)) return tmpdir();
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 8e9 ? memory : tmpdir();
}
