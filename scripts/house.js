/**
 * The rooms of the house: what each folder of src/ does, and what it may import beside itself. The way is one:
 * entry → cli → build → domains → model. eslint holds it, CONTRIBUTING's table and the picture in docs/architecture.md
 * are made of it, and `check-house.js` fails on what is allowed here and not used.
 */
export const house = {
  entry: {
    does: '`main`, `post`, `check`, `cli` and two helpers: what `dist/` is bundled from, a few lines each',
    imports: [
      'async',
      'cli',
      'build',
      'cache',
      'config',
      'host',
      'report',
      'casd',
      'process',
      'errors',
      'gen',
    ],
  },
  cli: {
    does: 'the commands and flags of `buildbox-ci`',
    imports: ['build', 'config', 'host', 'casd', 'report', 'process', 'errors', 'gen'],
  },
  build: {
    does: 'the way of one run, in order',
    imports: [
      'advice',
      'async',
      'cas',
      'files',
      'config',
      'inputs',
      'outputs',
      'sandbox',
      'casd',
      'cache',
      'tools',
      'report',
      'memory',
      'process',
      'reapi',
      'rpc',
      'remote',
      'trust',
      'host',
      'machine',
      'errors',
      'system-errors',
      'gen',
    ],
  },
  advice: {
    does: "what of a build's output and inputs may have stood in its way",
    imports: ['inputs'],
  },
  host: {
    does: 'what differs between GitHub and a terminal, behind the interface `Host`',
    imports: ['files', 'report', 'config', 'trust', 'machine', 'errors'],
  },
  config: {
    does: 'inputs → one typed, checked `Config`',
    imports: ['files', 'reapi', 'process', 'machine', 'errors', 'gen'],
  },
  outputs: {
    does: "a result's outputs → the workspace",
    imports: ['cas', 'config', 'files', 'process', 'reapi', 'errors', 'gen'],
  },
  inputs: {
    does: 'a checkout → an input tree',
    imports: ['async', 'files', 'reapi', 'memory', 'process', 'machine', 'errors', 'system-errors'],
  },
  sandbox: {
    does: "the host's toolchain → mounts and an identity; runs buildbox-run",
    imports: ['async', 'files', 'reapi', 'memory', 'process', 'machine', 'errors'],
  },
  cache: {
    does: "what is kept between runs: packs, index, save, GitHub's cache and folders as its transports",
    imports: ['cas', 'files', 'async', 'zstd', 'report', 'reapi', 'process', 'trust', 'errors', 'gen'],
  },
  casd: {
    does: 'the daemon: start, share, stop; CAS and action cache through it',
    imports: ['async', 'files', 'cas', 'reapi', 'rpc', 'process', 'trust', 'errors', 'system-errors', 'gen'],
  },
  remote: {
    does: 'an endpoint: credentials, channel, what it can do, when to leave it alone, CAS and action cache',
    imports: [
      'async',
      'cas',
      'zstd',
      'config',
      'report',
      'rpc',
      'reapi',
      'process',
      'machine',
      'errors',
      'gen',
    ],
  },
  tools: {
    does: 'where BuildBox and bubblewrap come from; preflight of the sandbox',
    imports: ['async', 'files', 'process', 'machine', 'errors'],
  },
  report: {
    does: 'summary, closing lines, annotations, build record: all words for people',
    imports: ['reapi', 'errors', 'system-errors'],
  },
  trust: {
    does: 'who may read, write and be believed',
    imports: [],
  },
  memory: {
    does: 'digests remembered by file status',
    imports: ['files', 'errors'],
  },
  zstd: {
    does: "Node's zstd, frame by frame",
    imports: ['errors'],
  },
  rpc: {
    does: 'a gRPC call with deadline and signal',
    imports: ['gen'],
  },
  process: {
    does: 'a child process with deadline and signal, and what it is given: programs, proxies, pipes',
    imports: ['files', 'async', 'machine', 'errors'],
  },
  reapi: {
    does: 'the model: digests, canonical encoding, Merkle trees. No I/O',
    imports: ['gen'],
  },
  cas: {
    does: 'what is common to all that keep blobs and results',
    imports: ['files', 'reapi', 'trust', 'errors', 'gen'],
  },
  files: {
    does: 'files and folders: written whole or not at all, removed, looked for',
    imports: ['errors'],
  },
  async: {
    does: 'waiting: with a signal, with a limit, side by side, in turn',
    imports: [],
  },
  gen: {
    does: 'generated from `protos/`, `action.yml` and `package.json`',
    imports: [],
  },
};

/** The files that stand at the root of src/, for whoever may import them. */
export const rootFiles = ['machine', 'errors', 'system-errors'];
