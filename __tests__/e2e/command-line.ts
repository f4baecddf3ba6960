import { type ChildProcess, spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
  chmodSync,
  existsSync,
  readdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { knowHost } from './host-memory.js';

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when this text has come on stderr or stdout. */
  said(needle: string): Promise<void>;
}

/** A place to build in: a checkout, a cache folder, and the command line run as a user would. */
export class Bench {
  readonly root: string;
  readonly checkout: string;
  readonly cache: string;
  cli = resolve('dist/cli.js');
  node = process.env.TEST_NODE ?? process.execPath;
  environment: Record<string, string> = {};
  /** Put before the command, for another user or another namespace. */
  prefix: readonly string[] = [];

  /** @param parent the folder to make it in */
  constructor(files: Readonly<Record<string, string>> = {}, parent = tmpdir()) {
    this.root = mkdtempSync(join(parent, 'bench-'));
    this.checkout = join(this.root, 'checkout');
    this.cache = join(this.root, 'cache');
    mkdirSync(this.checkout);
    for (const [path, content] of Object.entries(files)) this.write(path, content);
  }

  write(path: string, content: string, mode = 0o644): void {
    const file = join(this.checkout, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  read(path: string): string {
    return readFileSync(join(this.checkout, path), 'utf8');
  }

  exists(path: string): boolean {
    return existsSync(join(this.checkout, path));
  }

  remove(path: string): void {
    rmSync(join(this.checkout, path), { recursive: true });
  }

  list(path = '.'): string[] {
    return readdirSync(join(this.checkout, path)).sort();
  }

  start(...words: readonly string[]): Started {
    const command = [...this.prefix, this.node, this.cli, ...words];
    const child = spawn(command[0] ?? '', command.slice(1), {
      cwd: this.checkout,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '/',
        RUNNER_TOOL_CACHE: process.env.TEST_TOOL_CACHE ?? '',
        ...this.environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let soFar = '';
    child.stdout.on('data', (chunk: Buffer) => (soFar += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (soFar += chunk.toString()));
    const ended = Promise.all([
      new Promise<number>((done, fail) => {
        child.once('error', fail);
        child.once('close', (code, signal) => done(code ?? (signal === 'SIGKILL' ? 137 : 128)));
      }),
      text(child.stdout),
      text(child.stderr),
    ]).then(([exitCode, stdout, stderr]) => ({ exitCode, stdout, stderr }));
    const said = async (needle: string) => {
      const end = Date.now() + 30_000;
      while (!soFar.includes(needle)) {
        if (child.exitCode !== null || Date.now() > end) throw new Error(`never said ${needle}:\n${soFar}`);
        await new Promise((wait) => setTimeout(wait, 10));
      }
    };
    return { child, ended, said };
  }

  /** Any command of the command line, on this bench's cache folder. */
  command(...words: readonly string[]): Promise<Ended> {
    return this.start(...words, '--cache-dir', this.cache).ended;
  }

  startRun(flags: readonly string[], script: string): Started {
    if (this.prefix.length === 0) knowHost(this.cache);
    return this.start('run', '--cache-dir', this.cache, ...flags, '--run', script);
  }

  run(flags: readonly string[], script: string): Promise<Ended> {
    return this.startRun(flags, script).ended;
  }

  /** A run, with its record. */
  async record(flags: readonly string[], script: string): Promise<Ended & { record: BuildRecord }> {
    const ended = await this.run([...flags, '--json'], script);
    return { ...ended, record: JSON.parse(ended.stdout || '{}') as BuildRecord };
  }

  /** Processes of this bench that still run, and mounts that are still there. */
  leftovers(): string[] {
    const processes = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
          return argv.includes(this.root) ? [argv] : [];
        } catch {
          return [];
        }
      });
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(this.root));
    return [...processes, ...mounts];
  }

  async dispose(): Promise<void> {
    if (this.leftovers().length > 0) await this.command('casd', 'stop');
    rmSync(this.root, { recursive: true, force: true });
  }
}

export interface BuildRecord {
  readonly version: number;
  readonly result: string;
  readonly hitFrom: string | null;
  readonly exitCode: number;
  readonly failure: string | null;
  readonly actionDigest: string;
  readonly inputRootDigest: string;
  readonly outputsDigest: string | null;
  readonly outputs: readonly { readonly path: string; readonly size: number; readonly executable: boolean }[];
  readonly stdoutDigest: string;
  readonly toolchain: {
    readonly rootfs: string;
    readonly identity: string;
    readonly cut: readonly string[];
    readonly bySize: readonly string[];
  };
  readonly buildbox: { readonly version: string; readonly source: string };
  readonly cache: { readonly size: number; readonly quota: number; readonly restored: number };
  readonly timings: Readonly<Record<string, number>>;
  readonly builtBy: string;
}
