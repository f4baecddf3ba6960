import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildLog } from '../../host/host.js';

const STDERR_HEAD_BYTES = 16_384;

/** Shows the build's output while it comes, and keeps it in files for the result. */
export class OutputTee implements AsyncDisposable {
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  readonly #failed = new AbortController();

  private constructor(
    private readonly log: BuildLog,
    private readonly files: { readonly stdout: FileHandle; readonly stderr: FileHandle },
  ) {}

  static async open(workFolder: string, log: BuildLog): Promise<OutputTee> {
    return new OutputTee(log, {
      stdout: await open(join(workFolder, 'stdout'), 'wx'),
      stderr: await open(join(workFolder, 'stderr'), 'wx'),
    });
  }

  readonly stdout = async (chunk: Buffer): Promise<void> => {
    await this.log.stdout(chunk);
    await this.#keep(this.files.stdout, chunk);
  };

  readonly stderr = async (chunk: Buffer): Promise<void> => {
    await this.log.stderr(chunk);
    if (this.#headBytes < STDERR_HEAD_BYTES) this.#head.push(chunk);
    this.#headBytes += chunk.length;
    await this.#keep(this.files.stderr, chunk);
  };

  /** Aborts when the output cannot be kept. The build has to be ended then, and its output be taken until it has. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** The beginning of stderr: what bubblewrap said, when it could not start the command. */
  get stderrHead(): string {
    return Buffer.concat(this.#head).subarray(0, STDERR_HEAD_BYTES).toString().trimEnd();
  }

  async #keep(file: FileHandle, chunk: Buffer): Promise<void> {
    if (this.#failed.signal.aborted) return;
    await file.writeFile(chunk).catch((error: unknown) => this.#failed.abort(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.files.stdout.close();
    await this.files.stderr.close();
    this.log.close();
  }
}
