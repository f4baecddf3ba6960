import { readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { restoreCache, saveCache } from '@actions/cache';
import { messageOf } from '../../../errors.js';
import { archiveOutgrown } from './archive-outgrown.js';
import { archiveBytes, explain } from './explain.js';
import { AttemptsWatch } from './hopeless.js';
import { overhear } from './overhear.js';
import { type Answer, BLOCK, HELPER_FOLDER, MOST_BLOCKS, OBJECT, type Request } from './protocol.js';

/**
 * The helper process: does what its parent asks with GitHub's own library, which cannot be cancelled, in a folder of
 * its own, and ends with its parent. Its working folder, `GITHUB_WORKSPACE` and `RUNNER_TEMP` are that folder.
 */
export function serveGithubCache(): void {
  if (process.send === undefined || !basename(process.cwd()).startsWith(HELPER_FOLDER)) {
    // Not started by its parent: the folder that it would remove at its end is somebody else's.
    process.stderr.write('This is a part of buildbox-action and does nothing by itself.\n');
    process.exitCode = 2;
    return;
  }
  const attempts = new AttemptsWatch();
  const said = overhear((line) => attempts.hear(line));
  if (!process.connected) endWithParent(); // It was gone before this began to listen.
  process.on('disconnect', endWithParent);
  process.on('message', (request: Request) => {
    const hopeless = attempts.begin(request.do !== 'store');
    const givenUp = hopeless.then((failure): Answer => ({ ...failure, goesOn: true }));
    void Promise.race([answer(request, said), givenUp]).then((reply) => process.send?.(reply));
  });
}

function endWithParent(): void {
  rmSync(process.cwd(), { recursive: true, force: true });
  // It leads a group, so that what tar does ends as well.
  process.kill(-process.pid, 'SIGKILL');
}

async function answer(request: Request, said: () => readonly string[]): Promise<Answer> {
  said();
  try {
    clear();
    if (request.do === 'store') return await store(request, said);
    return request.do === 'look' ? await look(request, said) : await restore(request, said);
  } catch (error) {
    // The library throws only for a key or a path that it does not take.
    return explain([...said(), `Failed to ask: ${messageOf(error)}`]) ?? { is: 'nothing' };
  }
}

/** The last object, and the lists that the library leaves behind. */
function clear(): void {
  for (const name of readdirSync('.')) rmSync(name, { recursive: true, force: true });
}

async function store(
  { key, file }: Request & { do: 'store' },
  said: () => readonly string[],
): Promise<Answer> {
  symlinkSync(file, OBJECT);
  const id = await saveCache([OBJECT], key);
  // Version 1 gives the id of a reservation although the upload failed, so the words count, not the id alone.
  const failure = explain(said());
  if (failure !== undefined) return failure;
  return id === -1 ? { is: 'failed', why: 'for a reason that it does not tell' } : { is: 'stored' };
}

async function look({ key }: Request & { do: 'look' }, said: () => readonly string[]): Promise<Answer> {
  const found = await lookUp(key);
  if (found !== undefined) return { is: 'found', key: found, bytes: 0 };
  return explain(said()) ?? { is: 'nothing' };
}

async function restore(
  { key, most }: Request & { do: 'fetch' },
  said: () => readonly string[],
): Promise<Answer> {
  const over = new AbortController();
  // One block more than it may have: what has grown to that is too large, and what has not is whole.
  writeFileSync(MOST_BLOCKS, `${Math.floor(most / BLOCK) + 1}\n`);
  const outgrown = archiveOutgrown(most, over.signal);
  // Named twice: some services take only the second for a prefix.
  const found = await Promise.race([restoreCache([OBJECT], key, [key]), outgrown]);
  over.abort();
  const lines = said();
  if (found === 'outgrown' || objectBytes() > most) {
    const oversized = await lookUp(key);
    return oversized === undefined ? { is: 'nothing' } : { is: 'oversized', key: oversized };
  }
  if (found !== undefined) return { is: 'found', key: found, bytes: archiveBytes(lines) };
  return explain(lines) ?? { is: 'nothing' };
}

function lookUp(key: string): Promise<string | undefined> {
  return restoreCache([OBJECT], key, [key], { lookupOnly: true });
}

function objectBytes(): number {
  return statSync(OBJECT, { throwIfNoEntry: false })?.size ?? 0;
}
