import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, messageOf } from '../errors.js';

/** All authorities of a system take a quarter of it, in bytes. */
const LARGEST_PEM = 1 << 20;

/** What is used to speak TLS; PEM texts. */
export interface TlsSettings {
  /** The authorities to trust instead of Node's own list. */
  readonly ca: string | undefined;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}

interface PemInput {
  readonly input: string;
  readonly value: string;
  /** Absolute; what a relative path is relative to. */
  readonly folder: string;
}

/**
 * Reads one or more certificates, given as PEM text or as the path of a PEM file.
 *
 * @throws InputError when they are none.
 */
export function readCertificates(from: PemInput): string {
  const pem = readPem(from, 'CERTIFICATE');
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw unusable(from, 'It holds no complete PEM certificate.');
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (error) {
      throw unusable(from, `It holds a certificate that cannot be read: ${messageOf(error)}.`);
    }
  }
  return pem;
}

/**
 * Reads the private key of a certificate.
 *
 * @throws InputError when it is none, has a passphrase, or belongs to another certificate. It never shows the key.
 */
export function readPrivateKey(from: PemInput, certificate: string): string {
  const pem = readPem(from, '[A-Z ]*PRIVATE KEY');
  let matches: boolean;
  try {
    matches = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(pem));
  } catch {
    throw unusable(from, 'It holds no PEM private key that can be read without a passphrase.');
  }
  if (!matches) throw unusable(from, 'It is the key of another certificate than `remote-client-cert`.');
  return pem;
}

function readPem(from: PemInput, label: string): string {
  const text = isText(from.value) ? from.value : readFile(from);
  if (!new RegExp(`-----BEGIN ${label}-----`).test(text)) {
    throw unusable(
      from,
      `Give PEM text or the path of a PEM file; it has no \`-----BEGIN ${label.slice(-11)}-----\`.`,
    );
  }
  return text;
}

function readFile(from: PemInput): string {
  try {
    const file = resolve(from.folder, from.value);
    const status = statSync(file);
    // A checkout may hold a link to a device that never ends.
    if (!status.isFile() || status.size > LARGEST_PEM) throw new Error('it is no file, or far too large');
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw unusable(
      from,
      `Give PEM text or the path of a PEM file; this one cannot be read: ${messageOf(error)}.`,
    );
  }
}

/** A key without its lines is none, but no path either, and is not to be shown as one. */
function isText(value: string): boolean {
  return value.includes('-----') || value.includes('\n') || /^[A-Za-z0-9+/=_ -]{60,}$/.test(value);
}

function unusable({ input, value }: PemInput, wanted: string): InputError {
  return new InputError(input, isText(value) ? '(the text given)' : value, wanted);
}
