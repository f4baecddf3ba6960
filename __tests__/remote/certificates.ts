import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority of our own, and what it signs, made by openssl. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), 'authority-'));
  readonly ca: string;

  constructor() {
    this.#openssl(
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      '/CN=test authority',
      '-days',
      '2',
    );
    this.ca = this.#read('ca.pem');
  }

  /** @param names as openssl takes them: `DNS:localhost,IP:127.0.0.1` */
  sign(names: string, days = 2): KeyPair {
    this.#openssl('req', ...NEW_KEY, '-keyout', 'own.key', '-out', 'own.csr', '-subj', '/CN=test');
    writeFileSync(join(this.folder, 'own.ext'), `subjectAltName=${names}\n`);
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'];
    this.#openssl(
      'x509',
      '-req',
      '-in',
      'own.csr',
      ...by,
      '-out',
      'own.pem',
      '-days',
      String(days),
      '-extfile',
      'own.ext',
    );
    return { certificate: this.#read('own.pem'), key: this.#read('own.key') };
  }

  path(name: string, content: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, content);
    return file;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(...words: readonly string[]): void {
    execFileSync('openssl', words, { cwd: this.folder, stdio: ['ignore', 'ignore', 'pipe'] });
  }

  #read(name: string): string {
    return readFileSync(join(this.folder, name), 'utf8');
  }
}
