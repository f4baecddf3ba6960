import { InputError } from '../errors.js';
import { parseDigest } from '../reapi/digest.js';
import type { RootfsChoice } from './config.js';

/** @throws InputError */
export function readRootfs(value: string): RootfsChoice {
  if (value === 'host') return { kind: 'host' };
  const digest = value.startsWith('cas:') ? parseDigest(value.slice('cas:'.length)) : undefined;
  if (digest !== undefined) return { kind: 'cas', digest };
  throw new InputError('rootfs', value, 'Legal values: host, cas:HASH/SIZE (the digest of a Directory).');
}
