import type { CasdConnection } from '../casd/connection.js';
import { captureFiles, findMissing, storeBlobs } from '../casd/store.js';
import { Fault } from '../errors.js';
import { digestOf, sameDigest } from '../reapi/digest.js';
import type { PreparedAction } from './prepare.js';

/**
 * Gives casd what it lacks of an action: files from the checkout by their paths, everything else from memory.
 *
 * @returns how many of the files it had
 * @throws Fault when a file is no longer what it was when the action got its name
 */
export async function captureAction(
  casd: CasdConnection,
  workspace: string,
  prepared: PreparedAction,
  signal: AbortSignal,
): Promise<number> {
  const made = [
    prepared.action,
    prepared.command,
    ...prepared.rootBlobs,
    ...prepared.inputRoot.directories.values(),
  ].map((blob) => ({ blob, digest: digestOf(blob) }));
  const files = prepared.inputs.nodes.flatMap((node) => (node.kind === 'file' ? [node] : []));
  const distinct = new Map([...made, ...files].map(({ digest }) => [digest.hash, digest]));
  const missing = await findMissing(casd, [...distinct.values()], signal);
  await storeBlobs(
    casd,
    made.flatMap(({ blob, digest }) => (missing.has(digest.hash) ? [blob] : [])),
    signal,
  );
  const wanted = new Map(files.map((file) => [file.digest.hash, file]));
  const lacking = [...wanted.values()].filter(({ digest }) => missing.has(digest.hash));
  const captured = await captureFiles(
    casd,
    workspace,
    lacking.map(({ path }) => path),
    signal,
  );
  for (const { path, digest } of lacking) {
    if (!sameDigest(captured.get(path), digest)) {
      throw new Fault(`${path} changed while it was read`, {
        remedy:
          'Let nothing write to the checkout while the build starts, or leave the file out by `inputs`.',
      });
    }
  }
  return files.filter(({ digest }) => !missing.has(digest.hash)).length;
}
