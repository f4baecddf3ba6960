import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type ForkedHelper, forkHelper } from '../../../process/fork-helper.js';
import { TransportError } from '../transport.js';
import { type Answer, HELPER_FOLDER, type Request } from './protocol.js';

export interface HelperOptions {
  /** Of Node. */
  readonly node: string;
  readonly program: string;
  /** A private folder of ours; its real path. */
  readonly root: string;
  /** The folder that is the helper's PATH. */
  readonly programs: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** A running helper process. It keeps this process alive only while it is asked something. */
export interface Helper {
  /** Its own folder: where a fetched object is. */
  readonly folder: string;
  isRunning(): boolean;
  /**
   * One request at a time. An abort ends the process: nothing else ends what the library does.
   *
   * @throws TransportError when the process ends; the signal's reason
   */
  ask(request: Request, signal: AbortSignal): Promise<Answer>;
  /** Ends it and all that it started, at once, and removes its folder. */
  end(): Promise<void>;
}

/** What an ended process may take to be gone, in milliseconds. */
const LAST_BREATH = 2000;

export function startHelper({ node, program, root, programs, environment }: HelperOptions): Helper {
  const folder = mkdtempSync(join(root, HELPER_FOLDER));
  const forked = forkHelper({
    node,
    program,
    folder,
    environment: {
      ...environment,
      PATH: programs,
      HOME: folder,
      TMPDIR: folder,
      LC_ALL: 'C',
      GITHUB_WORKSPACE: folder,
      // The library does not quote the archive's path for tar, so it is one without blanks, relative to its folder.
      RUNNER_TEMP: '.',
    },
  });
  const { child } = forked;
  let ended: string | undefined;
  let isGone = false;
  child.once('exit', () => endGroup(child.pid)); // What it started may have outlived it.
  const gone = forked.gone.then((how) => {
    ended ??= how;
    isGone = true;
  });

  const end = async () => {
    ended ??= 'it was closed';
    // The number of a process that is gone may be another's by now.
    if (!isGone) endGroup(child.pid);
    child.ref();
    await Promise.race([gone, setTimeout(LAST_BREATH, undefined, { ref: false })]);
    child.unref();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 }).catch(() => undefined);
  };
  return {
    folder,
    isRunning: () => ended === undefined,
    end,
    ask: async (request, signal) => {
      signal.throwIfAborted();
      try {
        const broken = gone.then(() => endedEarly(ended ?? ''));
        const answer = await exchange(forked, request, broken, signal);
        if ('goesOn' in answer) await end();
        return answer;
      } catch (error) {
        void end();
        throw error;
      } finally {
        // While it is being ended, somebody waits for that.
        if (ended === undefined) forked.rest();
      }
    },
  };
}

function exchange(
  forked: ForkedHelper,
  request: Request,
  broken: Promise<TransportError>,
  signal: AbortSignal,
): Promise<Answer> {
  const { child } = forked;
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      signal.removeEventListener('abort', stop);
      child.removeListener('message', receive);
      act();
    };
    const stop = () => settle(() => reject(signal.reason as Error));
    const receive = (answer: Answer) => settle(() => resolve(answer));
    forked.hold();
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', receive);
    void broken.then((error) => settle(() => reject(error)));
    child.send(request, (error) => {
      // It cannot be reached, so it has ended or never started; that tells more than this error.
      if (error !== null) child.kill('SIGKILL');
    });
  });
}

function endedEarly(how: string): TransportError {
  return new TransportError(`GitHub's cache: its helper process ended early (${how})`, 'failed');
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return; // It never started.
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
