import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesOf, sendSignal, waitOf } from './processes.js';

/** No run may take longer, in milliseconds. */
const HANG = 60_000;

/** The command line, in the folders of a story, as a user has it. */
export class Product {
  #count = 0;

  constructor({ node, cli, tools, place }) {
    this.node = node;
    this.cli = cli;
    this.place = place;
    this.environment = {
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
      HOME: place.home,
      TMPDIR: place.temporary,
      RUNNER_TOOL_CACHE: tools,
    };
  }

  /** Any command on the cache folder. */
  command(words) {
    return this.#start([...words, '--cache-dir', this.place.cache], {
      directory: this.place.home,
      umask: '022',
    });
  }

  /** A build in a checkout, with its record. */
  build(directory, { words, script, umask }) {
    const record = join(this.place.said, `${this.#count}.json`);
    const all = ['run', '--cache-dir', this.place.cache, '--record', record, ...words, '--run', script];
    const started = this.#start(all, { directory, umask });
    const ended = started.ended.then((end) => {
      const text = take(record);
      return { ...end, record: text === '' ? undefined : JSON.parse(text) };
    });
    return { ...started, ended };
  }

  /** What it prints goes to files that no fault hits. */
  #start(words, { directory, umask }) {
    const name = join(this.place.said, String(this.#count++));
    const files = [`${name}.stdout`, `${name}.stderr`];
    const [stdout, stderr] = files.map((file) => openSync(file, 'w'));
    const argv = ['-c', `umask ${umask}; exec "$@"`, 'sh', this.node, this.cli, ...words];
    const child = spawn('/bin/sh', argv, {
      cwd: directory,
      env: this.environment,
      stdio: ['ignore', stdout, stderr],
    });
    closeSync(stdout);
    closeSync(stderr);
    const exit = new Promise((done, fail) => {
      child.once('error', fail);
      child.once('exit', (code, signal) => done({ exitCode: code ?? CODES[signal] ?? 128, signal }));
    });
    const ended = this.#limit(child.pid, exit).then((end) => ({
      ...end,
      stdout: take(files[0]),
      stderr: take(files[1]),
    }));
    return { pid: child.pid, ended };
  }

  /** Whoever hangs is ended, and it is told what there was to wait for. */
  async #limit(pid, exit) {
    const clock = new globalThis.AbortController();
    const late = sleep(HANG, 'hangs', { signal: clock.signal }).catch(() => undefined);
    const first = await Promise.race([exit, late]);
    clock.abort();
    if (first !== 'hangs') return { ...first, hangs: undefined };
    const hangs = processesOf(this.place.root)
      .filter(({ words }) => !words.includes(this.place.remote))
      .map((one) => `${one.program}: ${one.words.slice(0, 160)} (${waitOf(one)})`);
    sendSignal(pid, 'SIGKILL');
    return { ...(await exit), hangs };
  }
}

const CODES = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 };

/** A file's text, once. */
function take(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  } finally {
    rmSync(file, { force: true });
  }
}
