import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Corpus } from './corpus.js';
import { saveRequest } from './growth.js';

const SETTING = { key: 'small blobs', maxAge: 1e9 };

/** A result of so many small blobs: its first save, one after nothing but its action has changed, and all of it back. */
export async function measureSmallBlobs(jobs, { root, blobs }) {
  const corpus = new Corpus(join(root, 'small-blobs'), 'small');
  corpus.fillSmall(blobs);
  const first = saveRequest(corpus, SETTING, 0, Date.now());
  const save = await jobs.kept(first);
  const again = await jobs.kept(saveRequest(corpus, SETTING, 1, Date.now()));
  const target = join(root, 'restored');
  const restore = await jobs.kept({ ...first, do: 'restore', root: target });
  const found = readdirSync(target).length;
  if (found !== blobs) throw new Error(`${blobs} blobs were kept, and ${found} came back`);
  rmSync(target, { recursive: true });
  const tarballSave = await jobs.tarball('save', corpus.root, 'small-', 'small-0');
  rmSync(corpus.root, { recursive: true });
  const tarballRestore = await jobs.tarball('restore', corpus.root, 'small-', 'small-1');
  rmSync(corpus.root, { recursive: true });
  return { save, again, restore, tarballSave, tarballRestore };
}
