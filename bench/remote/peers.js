import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';

/** Where casupload and casdownload are: in a folder that is named, or on PATH. */
export function findPeers(folder) {
  const folders = folder === undefined ? process.env.PATH.split(delimiter) : [folder, join(folder, 'bin')];
  const found = folders.find(
    (each) => isProgram(join(each, 'casupload')) && isProgram(join(each, 'casdownload')),
  );
  return found && { upload: join(found, 'casupload'), download: join(found, 'casdownload') };
}

/** casupload of the same files and casdownload of what that made: two processes, from their start to their end. */
export async function measurePeers(peers, address, corpus, folder) {
  const files = join(folder, 'files');
  for (const { path, digest } of corpus.nodes) {
    mkdirSync(dirname(join(files, path)), { recursive: true });
    writeFileSync(join(files, path), corpus.blobs.get(digest.hash));
  }
  const remote = `--remote=http://${address}`;
  const rootFile = join(folder, 'root');
  const up = await timed(peers.upload, [remote, `--output-digest-file=${rootFile}`, files]);
  rmSync(files, { recursive: true });
  const target = join(folder, 'down');
  mkdirSync(target);
  const root = `${corpus.root.hash}/${corpus.root.sizeBytes}`;
  const down = await timed(peers.download, [remote, `--root-digest=${root}`, `--destination-dir=${target}`]);
  rmSync(folder, { recursive: true });
  return { up, down };
}

async function timed(program, words) {
  const started = performance.now();
  await promisify(execFile)(program, words);
  return performance.now() - started;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
