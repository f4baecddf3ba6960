import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { ActionResult } from '../gen/build/bazel/remote/execution/v2/remote_execution.js';
import { digestOf, type Digest } from '../reapi/digest.js';
import { writeOwn } from '../files/write-whole.js';
import type { Origin } from '../trust/belief.js';
import type { CacheFolder } from './folder.js';
import { resultPath } from './layout.js';

/** What stands beside an entry of casd's action cache that we had it store. */
const sealShape = v.object({
  version: v.literal(1),
  /** The hash of the action, so that no entry is taken for that of another. */
  action: v.string(),
  /** The SHA-256 of the entry, as casd keeps it. */
  entry: v.string(),
  origin: v.object({
    tier: v.picklist(['local', 'trusted', 'untrusted']),
    repository: v.nullable(v.string()),
    ref: v.string(),
    event: v.nullable(v.string()),
  }),
});

type Seal = v.InferOutput<typeof sealShape>;

/** Where the seal of a result is. */
export function sealPath(folder: CacheFolder, { hash }: Pick<Digest, 'hash'>): string {
  return join(folder.seals, hash.slice(0, 2), hash.slice(2));
}

/**
 * Seals the entry that casd has just stored. Anybody who reaches casd's socket can write an entry, and casd does not notice
 * when one is damaged: what counts is an entry that is byte by byte what was sealed, and whose seal says what it was built
 * under. Where another entry has taken its place meanwhile, that one is not sealed.
 */
export async function sealResult(
  folder: CacheFolder,
  action: Digest,
  result: ActionResult,
  origin: Origin,
): Promise<void> {
  const entry = await readFile(join(folder.storage, resultPath(action)));
  if (!encode(ActionResult.decode(entry)).equals(encode(result))) return;
  const seal: Seal = { version: 1, action: action.hash, entry: digestOf(entry).hash, origin };
  const text = JSON.stringify(seal);
  const file = sealPath(folder, action);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeOwn(file, `${text}\n${checksum(text)}\n`, 0o600);
}

/** Undefined where there is none. */
export async function readSeal(folder: CacheFolder, action: Digest): Promise<Buffer | undefined> {
  return readFile(sealPath(folder, action)).catch(() => undefined);
}

/** The same for who reads thousands. */
export function readSealNow(folder: CacheFolder, action: Pick<Digest, 'hash'>): Buffer | undefined {
  try {
    return readFileSync(sealPath(folder, action));
  } catch {
    return undefined;
  }
}

/** What an entry was built under, where its seal is whole and is that of this very entry; else undefined. */
export function originSealed(
  seal: Buffer | undefined,
  action: Pick<Digest, 'hash'>,
  entry: Uint8Array,
): Origin | undefined {
  const [text = '', sum, end, ...more] = seal?.toString().split('\n') ?? [];
  if (sum !== checksum(text) || end !== '' || more.length > 0) return undefined;
  const sealed = v.safeParse(v.pipe(v.string(), v.parseJson(), sealShape), text);
  if (!sealed.success || sealed.output.action !== action.hash) return undefined;
  return sealed.output.entry === digestOf(entry).hash ? sealed.output.origin : undefined;
}

/** Removes the seals of entries that are not there any more, and what killed writers left. Only while no casd runs. */
export async function sweepSeals(folder: CacheFolder, staying: ReadonlySet<string>): Promise<void> {
  for (const prefix of await namesIn(folder.seals)) {
    for (const name of await namesIn(join(folder.seals, prefix))) {
      if (!staying.has(prefix + name))
        await rm(join(folder.seals, prefix, name), { recursive: true, force: true });
    }
  }
}

function checksum(text: string): string {
  return digestOf(Buffer.from(text)).hash;
}

function encode(result: ActionResult): Buffer {
  return Buffer.from(ActionResult.encode(result).finish());
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
