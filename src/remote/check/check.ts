import type { CheckReport } from '../../report/check/check-report.js';
import type { JudgedCapabilities } from './capabilities.js';
import type { EndpointClients, Remote } from '../connect.js';
import { type CheckWants, judgeCheck, type Finding } from './judge-check.js';
import { explainRemoteError } from '../guard/explain.js';
import {
  probeActionCache,
  probeAsset,
  probeCapabilities,
  probeCasRead,
  probeCasWrite,
  probeExecution,
  type Probed,
} from './probe.js';

/** Asks a casd that runs here to attach the same remote; gives what it says of it. */
export type AttachProbe = (signal: AbortSignal) => Promise<Finding<string>>;

export interface CheckOptions {
  readonly wants: CheckWants;
  /** Undefined where no casd runs. */
  readonly attach: AttachProbe | undefined;
}

/**
 * Asks every service of a remote whether it is there, a few times for its latency, and writes nothing.
 *
 * @throws the signal's reason when it is aborted, nothing else: what fails is part of the report.
 */
export async function checkRemote(
  remote: Remote,
  { wants, attach }: CheckOptions,
  signal: AbortSignal,
): Promise<CheckReport> {
  const { cas, actionCache, execution, asset } = remote;
  const asked = new Map<EndpointClients, Promise<Finding<JudgedCapabilities>>>();
  const find = async <T>(at: EndpointClients, probed: Promise<Probed<T>>): Promise<Finding<T>> => {
    const { latency, outcome } = await probed;
    if ('answer' in outcome) return { latency, answer: outcome.answer };
    return { problem: explainRemoteError(outcome.error, at, remote.secrets) };
  };
  const capabilitiesOf = (at: EndpointClients) => {
    const known = asked.get(at) ?? find(at, probeCapabilities(at, signal));
    asked.set(at, known);
    return known;
  };
  /** An endpoint that fails the first question is not asked the others, which would only cost time. */
  const ask = async <T>(
    at: EndpointClients,
    probe: (at: EndpointClients, signal: AbortSignal) => Promise<Probed<T>>,
  ): Promise<Finding<T>> => {
    const first = await capabilitiesOf(at);
    if ('problem' in first && first.problem.kind !== 'unimplemented') return first;
    return find(at, probe(at, signal));
  };
  const [storage, read, update, executes, fetches, attached] = await Promise.all([
    capabilitiesOf(cas),
    (async () => ({ find: await ask(cas, probeCasRead), write: await ask(cas, probeCasWrite) }))(),
    (async () => ({
      capabilities: await capabilitiesOf(actionCache),
      read: await ask(actionCache, probeActionCache),
    }))(),
    execution &&
      (async () => ({
        says: withAnswer(await capabilitiesOf(execution), (said) => said.execution),
        probe: await ask(execution, probeExecution),
      }))(),
    asset && ask(asset, probeAsset),
    attach?.(signal),
  ]);
  return judgeCheck({
    remote,
    wants,
    capabilities: storage,
    casRead: read.find,
    casWrite: read.write,
    actionCacheCapabilities: update.capabilities,
    actionCacheRead: update.read,
    execution: executes,
    asset: fetches,
    attached,
  });
}

function withAnswer<T, R>(finding: Finding<T>, map: (answer: T) => R): Finding<R> {
  return 'problem' in finding ? finding : { latency: finding.latency, answer: map(finding.answer) };
}
