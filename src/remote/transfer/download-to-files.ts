import { watchSink } from '../../cas/blob-sink.js';
import { type BlobFile, FileSink } from '../../cas/file-sink.js';
import type { Digest } from '../../reapi/digest.js';
import type { CasService } from '../cas-service.js';
import { download } from './download.js';
import { type TransferProgress, untold } from './progress.js';

export interface FileDownload {
  readonly progress?: TransferProgress;
  /** Called for a blob when all that is to be made of it is there. */
  readonly onWhole?: (digest: Digest) => void;
}

/**
 * Makes files out of blobs, each checked against its digest and read once, however many files are made of it.
 *
 * @throws UnusableBlob for the first that is missing or corrupt, RpcError, Unavailable; the files made so far are then
 * the caller's to remove
 */
export async function downloadFiles(
  cas: CasService,
  files: readonly BlobFile[],
  signal: AbortSignal,
  { progress = untold(), onWhole = () => undefined }: FileDownload = {},
): Promise<void> {
  const sink = new FileSink(files);
  sink.makeEmpty();
  await download(cas, sink.digests, watchSink(sink, onWhole), signal, progress);
}
