import { status } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { digestOf } from '../../reapi/digest.js';
import { type CallLimits, callServerStream, callUnary, RpcError } from '../../rpc/call.js';
import { readCapabilities, type JudgedCapabilities } from './capabilities.js';
import type { EndpointClients } from '../connect.js';

/** How often each probe is made; the first call of all includes connecting. */
const ROUNDS = 3;

/** Milliseconds for the first call, and for each further one. */
const FIRST_DEADLINE = 5000;
const DEADLINE = 2000;

/** What came of a probe. */
export interface Probed<T> {
  /** Milliseconds, the median of the calls that were answered; null where none was. */
  readonly latency: number | null;
  /** What the last call came to. */
  readonly outcome: { readonly answer: T } | { readonly error: unknown };
}

export function probeCapabilities(
  at: EndpointClients,
  signal: AbortSignal,
): Promise<Probed<JudgedCapabilities>> {
  return probe((limits) => readCapabilities(at, limits), signal);
}

export function probeCasRead(at: EndpointClients, signal: AbortSignal): Promise<Probed<unknown>> {
  const method = at.storage.findMissingBlobs.bind(at.storage);
  const request = { instanceName: at.instance, blobDigests: [], digestFunction: 0 as const };
  return probe((limits) => callUnary('FindMissingBlobs', method, request, limits), signal);
}

/** Writes nothing; a server that looks at permissions first says whether it would let us. */
export function probeCasWrite(at: EndpointClients, signal: AbortSignal): Promise<Probed<unknown>> {
  const method = at.storage.batchUpdateBlobs.bind(at.storage);
  const request = { instanceName: at.instance, requests: [], digestFunction: 0 as const };
  return probe((limits) => callUnary('BatchUpdateBlobs', method, request, limits), signal);
}

/** Asks for an action that nobody has built: NOT_FOUND is the good answer. */
export function probeActionCache(at: EndpointClients, signal: AbortSignal): Promise<Probed<unknown>> {
  const method = at.actionCache.getActionResult.bind(at.actionCache);
  const request = {
    instanceName: at.instance,
    actionDigest: digestOf(randomBytes(32)),
    inlineStdout: false,
    inlineStderr: false,
    inlineOutputFiles: [],
    digestFunction: 0 as const,
  };
  return probe(
    (limits) =>
      goodWhen((code) => code === status.NOT_FOUND, callUnary('GetActionResult', method, request, limits)),
    signal,
  );
}

/** Asks to execute nothing: any answer but these few says that somebody is there who executes. */
export function probeExecution(at: EndpointClients, signal: AbortSignal): Promise<Probed<unknown>> {
  const method = at.execution.execute.bind(at.execution);
  const request = {
    instanceName: at.instance,
    skipCacheLookup: false,
    actionDigest: undefined,
    executionPolicy: undefined,
    resultsCachePolicy: undefined,
    digestFunction: 0 as const,
    inlineStdout: false,
    inlineStderr: false,
    inlineOutputFiles: [],
  };
  const execute = async (limits: CallLimits) => {
    for await (const _ of callServerStream('Execute', method, request, limits)) return;
  };
  return probe((limits) => goodWhen(isThere, execute(limits)), signal);
}

/** Asks to fetch nothing; INVALID_ARGUMENT is the good answer. */
export function probeAsset(at: EndpointClients, signal: AbortSignal): Promise<Probed<unknown>> {
  const method = at.asset.fetchBlob.bind(at.asset);
  const request = {
    instanceName: at.instance,
    timeout: undefined,
    oldestContentAccepted: undefined,
    uris: [],
    qualifiers: [],
    digestFunction: 0 as const,
  };
  return probe((limits) => goodWhen(isThere, callUnary('FetchBlob', method, request, limits)), signal);
}

/** What only a service says that is not there, or not for us. Whoever is there finds fault with the request. */
const NOT_THERE: ReadonlySet<status> = new Set([
  status.UNIMPLEMENTED,
  status.UNAVAILABLE,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.CANCELLED,
]);

function isThere(code: status): boolean {
  return !NOT_THERE.has(code);
}

async function goodWhen(isGood: (code: status) => boolean, call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof RpcError && isGood(error.code)) return undefined;
    throw error;
  }
}

async function probe<T>(call: (limits: CallLimits) => Promise<T>, signal: AbortSignal): Promise<Probed<T>> {
  const latencies: number[] = [];
  let outcome: Probed<T>['outcome'] = { error: new Error('it was not asked') };
  for (let round = 0; round < ROUNDS; round += 1) {
    const started = performance.now();
    try {
      outcome = { answer: await call({ signal, deadline: round === 0 ? FIRST_DEADLINE : DEADLINE }) };
    } catch (error) {
      signal.throwIfAborted();
      return { latency: null, outcome: { error } };
    }
    latencies.push(performance.now() - started);
  }
  return { latency: median(latencies), outcome };
}

function median(values: readonly number[]): number | null {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? null;
}
