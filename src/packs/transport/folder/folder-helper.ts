import { forkHelper } from '../../../process/fork-helper.js';
import type { FolderFailure, FolderReply, FolderRequest } from './folder-protocol.js';
import { OversizedObject, type TransportAccess, TransportError } from '../transport.js';
import { untilAborted } from '../../../async/until-aborted.js';

export interface FolderHelperOptions {
  /** Absolute. */
  readonly folder: string;
  /** The bundled helper, `dist/folder-cache.js`. */
  readonly program: string;
  /** The Node that runs it. */
  readonly node: string;
  /** All that it gets. */
  readonly environment: Readonly<Record<string, string>>;
}

/** A process that works in a folder for us. It keeps this process alive only while it is asked something. */
export interface FolderHelper {
  /** @throws TransportError when the process ends; the signal's reason */
  access(signal: AbortSignal): Promise<TransportAccess>;
  /** @throws what the transport throws, a TransportError when the process ends; the signal's reason */
  ask(request: Question, signal: AbortSignal): Promise<unknown>;
  /** Ends it, whatever it is doing. */
  end(): Promise<void>;
}

type WithoutId<Request> = Request extends unknown ? Omit<Request, 'id'> : never;
export type Question = WithoutId<Exclude<FolderRequest, { readonly do: 'give up' }>>;

/** What a process may take to end by itself, and then to be gone, in milliseconds. */
const LAST_BREATH = 2000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The id of the access, which nobody asks for. */
const ACCESS = 0;

export function startFolderHelper({ folder, program, node, environment }: FolderHelperOptions): FolderHelper {
  const helper = forkHelper({ node, program, words: [folder], folder: '/', environment });
  const { child } = helper;
  const waiting = new Map<number, Waiting>();
  let nextId = ACCESS;
  let ended: TransportError | undefined;
  const gone = helper.gone.then((how) => {
    ended = new TransportError(`the folder ${folder}: its helper process ended early (${how})`, 'failed');
    for (const { reject } of waiting.values()) reject(ended);
  });
  child.on('message', (reply: FolderReply) => {
    if ('access' in reply) waiting.get(ACCESS)?.resolve(reply.access);
    else if ('failure' in reply) waiting.get(reply.id)?.reject(errorOf(reply.failure));
    else waiting.get(reply.id)?.resolve(reply.value);
  });

  const answerTo = (id: number): Promise<unknown> => {
    const answer = new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
    if (ended !== undefined) waiting.get(id)?.reject(ended);
    return answer;
  };
  const send = (request: FolderRequest) => {
    if (child.connected) child.send(request, () => undefined); // Where it cannot be reached, it has ended.
  };
  /** Alive while somebody waits. */
  const wait = async <T>(id: number, answer: Promise<T>, signal: AbortSignal): Promise<T> => {
    helper.hold();
    try {
      return await untilAborted(answer, signal);
    } finally {
      waiting.delete(id);
      if (waiting.size === 0) helper.rest();
    }
  };

  const access = answerTo(ACCESS);
  access.catch(() => undefined); // Whoever asks for it handles it.
  return {
    access: (signal) => wait(ACCESS, access as Promise<TransportAccess>, signal),
    ask: async (question, signal) => {
      signal.throwIfAborted();
      const id = (nextId += 1);
      const answer = answerTo(id);
      send({ ...question, id });
      try {
        return await wait(id, answer, signal);
      } catch (error) {
        if (signal.aborted) send({ id, do: 'give up' });
        throw error;
      }
    },
    end: async () => {
      if (child.connected) child.disconnect();
      if (!(await isGoneSoon(gone))) child.kill('SIGKILL');
      await isGoneSoon(gone);
    },
  };
}

function errorOf(failure: FolderFailure): Error {
  if (failure.kind === 'oversized') return new OversizedObject(failure.key, failure.most);
  return new TransportError(failure.message, failure.kind);
}

/** The timer keeps this process alive meanwhile: the child does not, once nobody waits for an answer of it. */
async function isGoneSoon(gone: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), LAST_BREATH);
  });
  const isGone = await Promise.race([gone.then(() => true), late]);
  clearTimeout(timer);
  return isGone;
}
