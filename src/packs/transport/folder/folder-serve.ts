import { messageOf } from '../../../errors.js';
import type { FolderFailure, FolderReply, FolderRequest } from './folder-protocol.js';
import { folderTransport } from './folder-transport.js';
import { OversizedObject, type Transport, TransportError } from '../transport.js';

/** What is under way when the parent is gone may take so long to clean up after itself, in milliseconds. */
const LAST_BREATH = 1000;

type Work = Exclude<FolderRequest, { readonly do: 'give up' }>;

/**
 * The helper process: does in a folder what its parent asks, and ends with it. A share that hangs holds up whoever
 * has called it, even at the end of the process; only SIGKILL ends that.
 */
export function serveFolder(): void {
  const folder = process.argv[2];
  if (process.send === undefined || folder === undefined) {
    process.stderr.write('This is a part of buildbox-action and does nothing by itself.\n');
    process.exitCode = 2;
    return;
  }
  const reply = (answer: FolderReply) => process.send?.(answer, undefined, {}, () => undefined);
  const underWay = new Map<number, AbortController>();
  process.on('disconnect', () => {
    for (const controller of underWay.values()) controller.abort();
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_BREATH).unref();
  });
  const transport = folderTransport(folder);
  process.on('message', (request: FolderRequest) => {
    const { id } = request;
    if (request.do === 'give up') {
      underWay.get(id)?.abort();
      return;
    }
    const controller = new AbortController();
    underWay.set(id, controller);
    void perform(transport, request, controller.signal)
      .then(
        (value) => reply({ id, value }),
        (error: unknown) => reply({ id, failure: failureOf(error) }),
      )
      .finally(() => underWay.delete(id));
  });
  reply({ access: transport.access });
}

async function perform(transport: Transport, request: Work, signal: AbortSignal): Promise<unknown> {
  switch (request.do) {
    case 'has':
      return transport.has(request.key, signal);
    case 'sweep':
      return transport.sweep?.(request.key, new Set(request.keep), signal);
    case 'store':
      return transport.store(request.key, request.file, signal);
    default:
      return transport[request.do](request.key, request.file, request.most, signal);
  }
}

function failureOf(error: unknown): FolderFailure {
  if (error instanceof OversizedObject) return { kind: 'oversized', key: error.key, most: error.most };
  return { kind: error instanceof TransportError ? error.kind : 'failed', message: messageOf(error) };
}
