import { resolve } from 'node:path';
import { messageOf } from '../../../errors.js';
import { withTimeLimit } from '../../../async/time-limit.js';
import { type FolderHelper, type Question, startFolderHelper } from './folder-helper.js';
import { type FetchedObject, type Transport, type TransportAccess, TransportError } from '../transport.js';

export interface FolderOptions {
  readonly path: string;
  /** The bundled helper, `dist/folder-cache.js`, and the Node that runs it. */
  readonly program: string;
  readonly node: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What its first answer may take, in milliseconds. */
  readonly limit: number;
}

/**
 * Objects as files of a folder, worked on by a helper process: a share may hang for ever in any call, and then a
 * process that made the call cannot even end.
 *
 * @throws the signal's reason
 */
export async function openFolder(
  { path, limit, ...program }: FolderOptions,
  signal: AbortSignal,
): Promise<Transport> {
  const folder = resolve(path);
  const name = `the folder ${folder}`;
  const helper = startFolderHelper({ folder, ...program });
  const access = await accessOf(helper, name, limit, signal);

  const ask = async <T>(action: 'read' | 'write', question: Question, patience: AbortSignal): Promise<T> => {
    if (!access[action]) throw new TransportError(access.why ?? `${name} is closed`, 'denied');
    return (await helper.ask(question, patience)) as T;
  };
  type Fetched = FetchedObject | undefined;
  return {
    name,
    access,
    fetchNewest: (key, target, most, patience) =>
      ask<Fetched>('read', { do: 'fetchNewest', key, file: resolve(target), most }, patience),
    fetch: (key, target, most, patience) =>
      ask<Fetched>('read', { do: 'fetch', key, file: resolve(target), most }, patience),
    has: (key, patience) => ask('read', { do: 'has', key }, patience),
    store: (key, file, patience) => ask('write', { do: 'store', key, file: resolve(file) }, patience),
    sweep: (key, keep, patience) => ask('write', { do: 'sweep', key, keep: [...keep] }, patience),
    close: () => helper.end(),
  };
}

async function accessOf(
  helper: FolderHelper,
  name: string,
  limit: number,
  signal: AbortSignal,
): Promise<TransportAccess> {
  const limited = withTimeLimit(signal, limit);
  try {
    return await helper.access(limited);
  } catch (error) {
    if (signal.aborted) await helper.end();
    signal.throwIfAborted();
    const why = limited.aborted ? `${name} does not answer` : messageOf(error);
    return { read: false, write: false, why };
  }
}
