import type { CapabilitiesClient } from '../../gen/build/bazel/remote/execution/v2/remote_execution.services.js';
import {
  Compressor_Value,
  DigestFunction_Value,
  type ServerCapabilities,
} from '../../gen/build/bazel/remote/execution/v2/remote_execution.js';
import type { SemVer } from '../../gen/build/bazel/semver/semver.js';
import { type CallLimits, callUnary } from '../../rpc/call.js';
import type { CasLimits } from '../cas-service.js';

/** What a server said of itself, judged by what this client needs. */
export interface JudgedCapabilities {
  /** `2.0 to 2.3`. */
  readonly apiVersions: Judgement;
  /** Of storage and action cache. */
  readonly digestFunction: Judgement;
  readonly limits: CasLimits;
  readonly updateEnabled: boolean;
  /** Whether it executes, and with our digest function. */
  readonly execution: Judgement;
}

export interface Judgement {
  readonly fits: boolean;
  /** What it offers, in words. */
  readonly says: string;
}

/** No message is larger, whatever a server says: gRPC servers refuse more than 4 MiB unless told otherwise. */
const LARGEST_BATCH = 3_900_000;

/** The versions of the API that this client speaks: every 2.x, of which it needs nothing that came after 2.0. */
const OUR_MAJOR = 2;

/** @throws RpcError, or the signal's reason when it is aborted. */
export async function readCapabilities(
  { capabilities, instance }: { readonly capabilities: CapabilitiesClient; readonly instance: string },
  limits: CallLimits,
): Promise<JudgedCapabilities> {
  const method = capabilities.getCapabilities.bind(capabilities);
  return judgeCapabilities(await callUnary('GetCapabilities', method, { instanceName: instance }, limits));
}

/** Reads each field for what the specification says it means when it is absent. */
export function judgeCapabilities(said: ServerCapabilities): JudgedCapabilities {
  const cache = said.cacheCapabilities;
  const stream = cache?.supportedCompressors ?? [];
  const batch = cache?.supportedBatchUpdateCompressors ?? [];
  return {
    apiVersions: judgeVersions(said),
    digestFunction: judgeDigestFunctions(cache?.digestFunctions ?? []),
    limits: {
      maxBatchBytes: smaller(LARGEST_BATCH, cache?.maxBatchTotalSizeBytes ?? 0),
      maxBlobBytes: limitOf(cache?.maxCasBlobSizeBytes ?? 0),
      zstdStream: stream.includes(Compressor_Value.ZSTD),
      zstdBatch: batch.includes(Compressor_Value.ZSTD),
    },
    updateEnabled: cache?.actionCacheUpdateCapabilities?.updateEnabled ?? false,
    execution: judgeExecution(said),
  };
}

/** A server that names no version at all is taken at its word in everything else: some leave it out. */
function judgeVersions({ lowApiVersion, highApiVersion }: ServerCapabilities): Judgement {
  const [low, high] = [named(lowApiVersion), named(highApiVersion)];
  if (low === undefined && high === undefined) return { fits: true, says: 'names none' };
  const [from, to] = [low ?? high, high ?? low];
  const fits = (from?.major ?? 0) <= OUR_MAJOR && (to?.major ?? 0) >= OUR_MAJOR;
  const [first, last] = [formatVersion(from), formatVersion(to)];
  return { fits, says: first === last ? first : `${first} to ${last}` };
}

/** 0.0.0 is what stands where nothing was set. */
function named(version: SemVer | undefined): SemVer | undefined {
  const isSet =
    version !== undefined && [version.major, version.minor, version.patch].some((part) => part !== 0);
  return isSet ? version : undefined;
}

function formatVersion(version: SemVer | undefined): string {
  return `${version?.major ?? 0}.${version?.minor ?? 0}`;
}

/** None named means SHA256 for older servers, which knew no other (REAPI, CacheCapabilities). */
function judgeDigestFunctions(offered: readonly DigestFunction_Value[]): Judgement {
  const named = offered.filter((value) => value !== DigestFunction_Value.UNKNOWN);
  if (named.length === 0) return { fits: true, says: 'names none' };
  return { fits: named.includes(DigestFunction_Value.SHA256), says: named.map(nameOf).join(', ') };
}

function judgeExecution({ executionCapabilities: said }: ServerCapabilities): Judgement {
  if (said?.execEnabled !== true) return { fits: false, says: 'does not execute' };
  const { fits, says } = judgeDigestFunctions([said.digestFunction, ...said.digestFunctions]);
  return fits ? { fits, says: 'executes' } : { fits, says: `executes with other digests only (${says})` };
}

function nameOf(value: DigestFunction_Value): string {
  return (
    Object.entries(DigestFunction_Value).find(([, number]) => number === value)?.[0] ?? `number ${value}`
  );
}

/** None (0) and the largest number that there is mean the same: bazel-remote says the latter. */
function limitOf(said: number): number | null {
  return said > 0 && said < Number.MAX_SAFE_INTEGER ? said : null;
}

function smaller(ours: number, theirs: number): number {
  return theirs > 0 ? Math.min(ours, theirs) : ours;
}
