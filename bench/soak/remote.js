import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A casd that plays the server. */
export class Remote {
  #child;

  constructor(program, folder) {
    this.program = program;
    this.folder = folder;
    this.socket = join(folder, 'socket');
    this.storage = join(folder, 'storage');
  }

  get address() {
    return `unix:${this.socket}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  async start() {
    rmSync(this.socket, { force: true });
    const words = [`--bind=${this.address}`, '--quota-high=20G', '--log-level=error', this.storage];
    this.#child = spawn(this.program, words, { stdio: 'ignore' });
    for (let waited = 0; !existsSync(this.socket); waited++) {
      if (waited > 2000) throw new Error('the casd that plays the remote did not start');
      await sleep(10);
    }
  }

  signal(name) {
    this.#child?.kill(name);
  }

  async end(signal) {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill(signal);
    child.kill('SIGCONT');
    const late = globalThis.setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    globalThis.clearTimeout(late);
  }
}
