import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer, type AddressInfo, connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, type KeyPair } from '../remote/certificates.js';

const VERSION = '0.9.1';

/** What BuildGrid needs of a machine. */
export interface BuildGridTools {
  readonly bgd: string;
  /** The folder of PostgreSQL's programs. */
  readonly postgres: string;
}

/** Finds or installs BuildGrid, once for all tests; says why it cannot where it cannot. */
export function buildGridTools(): BuildGridTools | string {
  const postgres = [
    ...folders('/usr/lib/postgresql').map((name) => `${name}/bin`),
    ...(process.env.PATH ?? '').split(':'),
  ].find((folder) => succeeds(join(folder, 'initdb'), ['--version']));
  if (postgres === undefined) return 'no PostgreSQL (initdb) here';
  const python = [
    'python3.13',
    ...folders(join(homedir(), '.pyenv/versions')).map((name) => `${name}/bin/python3.13`),
  ].find((program) => succeeds(program, ['--version']));
  if (python === undefined) return 'no Python 3.13 here';
  const folder = join(tmpdir(), `buildbox-action-test-buildgrid-${VERSION}`);
  const bgd = join(folder, 'bin/bgd');
  if (!succeeds(bgd, ['--help'])) {
    rmSync(folder, { recursive: true, force: true });
    const installed =
      succeeds(python, ['-m', 'venv', folder]) &&
      succeeds(join(folder, 'bin/pip'), ['install', '--quiet', `buildgrid==${VERSION}`]);
    if (!installed) return `BuildGrid ${VERSION} cannot be installed from the package index`;
  }
  return { bgd, postgres };
}

/** A BuildGrid with TLS and JWT, that executes (nothing, for want of workers), on a PostgreSQL of its own. */
export class BuildGrid {
  readonly authority = new Authority();
  readonly #folder = mkdtempSync(join(tmpdir(), 'buildgrid-'));
  readonly #signing: { readonly key: string; readonly publicKey: string };
  readonly #children: ChildProcess[] = [];
  #port = 0;
  #mutualPort = 0;

  constructor(private readonly tools: BuildGridTools) {
    const openssl = (...words: string[]) =>
      execFileSync('openssl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const key = openssl('genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048');
    const file = this.authority.path('jwt.key', key);
    this.#signing = { key, publicKey: openssl('pkey', '-in', file, '-pubout') };
  }

  /** The endpoint that asks for a token. */
  get address(): string {
    return `grpcs://localhost:${this.#port}`;
  }

  /** The same that asks for a client certificate too. */
  get mutualAddress(): string {
    return `grpcs://localhost:${this.#mutualPort}`;
  }

  /** @param seconds how long it is good; negative for one that has expired */
  token(subject: 'writer' | 'reader', seconds = 600): string {
    const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url');
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ sub: subject, exp })}`;
    return `${signed}.${createSign('sha256').update(signed).sign(this.#signing.key, 'base64url')}`;
  }

  async start(): Promise<void> {
    const database = await this.#startPostgres();
    execFileSync(this.tools.bgd, ['migrate', 'apply', database], { stdio: 'ignore' });
    [this.#port, this.#mutualPort] = [await freePort(), await freePort()];
    const config = this.#write('bgd.yml', this.#config(database, this.authority.sign('DNS:localhost')));
    this.#spawn(this.tools.bgd, ['server', 'start', config]);
    await listens({ port: this.#port, host: '127.0.0.1' });
  }

  async stop(): Promise<void> {
    for (const child of this.#children.reverse()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT'); // To PostgreSQL it means a fast stop.
      const patience = setTimeout(() => child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(patience);
    }
    rmSync(this.#folder, { recursive: true, force: true });
    this.authority.dispose();
  }

  log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8');
  }

  /** PostgreSQL refuses to run as root. */
  async #startPostgres(): Promise<string> {
    chmodSync(this.#folder, 0o777);
    const data = join(this.#folder, 'data');
    const as =
      process.getuid?.() === 0 ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
    const run = (...words: string[]): [string, string[]] => {
      const [program = '', ...rest] = [...as, ...words];
      return [program, rest];
    };
    const options = [
      '--pgdata',
      data,
      '--username',
      'bgd',
      '--auth',
      'trust',
      '--no-sync',
      '--encoding',
      'UTF8',
    ];
    execFileSync(...run(join(this.tools.postgres, 'initdb'), ...options), { stdio: 'ignore', cwd: '/' });
    const settings = ['listen_addresses=', `unix_socket_directories=${this.#folder}`, 'fsync=off'];
    this.#spawn(
      ...run(join(this.tools.postgres, 'postgres'), '-D', data, ...settings.flatMap((one) => ['-c', one])),
    );
    await listens({ path: join(this.#folder, '.s.PGSQL.5432') });
    return `postgresql://bgd@/postgres?host=${encodeURIComponent(this.#folder)}`;
  }

  #config(database: string, { certificate, key }: KeyPair): string {
    const channel = (port: number, more: readonly string[] = []) => [
      '  - !channel',
      `    address: "127.0.0.1:${port}"`,
      '    insecure-mode: false',
      '    credentials:',
      `      tls-server-key: ${this.#write('server.key', key)}`,
      `      tls-server-cert: ${this.#write('server.pem', certificate)}`,
      ...more.map((line) => `      ${line}`),
    ];
    return [
      'server:',
      ...channel(this.#port),
      ...channel(this.#mutualPort, [`tls-client-certs: ${this.#write('ca.pem', this.authority.ca)}`]),
      'authorization:',
      '  method: jwt',
      '  algorithm: rs256',
      `  secret: ${this.#write('jwt.pem', this.#signing.publicKey)}`,
      `  acl-config: ${this.#write('acl.yml', ACL)}`,
      'connections:',
      '  - !sql-connection &sql',
      `    connection-string: ${database}`,
      'storages:',
      '  - !lru-storage &storage',
      '    size: 256M',
      'caches:',
      '  - !lru-action-cache &cache',
      '    storage: *storage',
      '    max-cached-refs: 256',
      '    allow-updates: true',
      'schedulers:',
      '  - !sql-scheduler &scheduler',
      '    sql: *sql',
      '    storage: *storage',
      '    action-cache: *cache',
      'instances:',
      '  - name: main',
      '    services:',
      '      - !action-cache',
      '        cache: *cache',
      '      - !cas',
      '        storage: *storage',
      '      - !bytestream',
      '        storage: *storage',
      '      - !execution',
      '        scheduler: *scheduler',
      'thread-pool-size: 20',
      '',
    ].join('\n');
  }

  #spawn(program: string, words: readonly string[]): void {
    const log = openSync(join(this.#folder, 'log'), 'a');
    this.#children.push(spawn(program, words, { stdio: ['ignore', log, log], cwd: '/' }));
  }

  #write(name: string, content: string): string {
    const file = join(this.#folder, name);
    writeFileSync(file, content);
    return file;
  }
}

/** The reader may do whatever changes nothing. */
const ACL = `main:
  allow:
    - subject: ^writer$
    - subject: ^reader$
      requests: [GetCapabilities, FindMissingBlobs, BatchReadBlobs, GetTree, Read, GetActionResult]
`;

function folders(parent: string): string[] {
  try {
    return readdirSync(parent).map((name) => join(parent, name));
  } catch {
    return [];
  }
}

function succeeds(program: string, words: readonly string[]): boolean {
  return spawnSync(program, words, { stdio: 'ignore', timeout: 300_000 }).status === 0;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listens(where: { port: number; host: string } | { path: string }): Promise<void> {
  const end = Date.now() + 60_000;
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(where, () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await answers())) {
    if (Date.now() > end) throw new Error(`nobody listens at ${JSON.stringify(where)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
