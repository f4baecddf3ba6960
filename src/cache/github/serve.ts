import { readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { restoreCache, saveCache } from '@actions/cache';
import { messageOf } from '../../errors.js';
import { archiveBytes, explain } from './explain.js';
import { overhear } from './overhear.js';
import { type Answer, HELPER_FOLDER, OBJECT, type Request } from './protocol.js';

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
  const said = overhear();
  if (!process.connected) endWithParent(); // It was gone before this began to listen.
  process.on('disconnect', endWithParent);
  process.on('message', (request: Request) => {
    void answer(request, said).then((reply) => process.send?.(reply));
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
    return request.do === 'store' ? await store(request, said) : await restore(request, said);
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

async function restore({ key, do: what }: Request, said: () => readonly string[]): Promise<Answer> {
  // Named twice: some services take only the second for a prefix.
  const found = await restoreCache([OBJECT], key, [key], { lookupOnly: what === 'look' });
  const lines = said();
  if (found !== undefined) return { is: 'found', key: found, bytes: archiveBytes(lines) };
  return explain(lines) ?? { is: 'nothing' };
}
