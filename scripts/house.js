/**
 * The rooms of the house: what each folder of src/ does, and what it may import beside itself. The way is one:
 * entry → cli → upkeep → run → domains → model. eslint holds it, CONTRIBUTING's table and the picture in docs/architecture.md
 * are made of it, and `check-house.js` fails on what is allowed here and not used.
 */
export const house = {
  entry: {
    does: '`main`, `post`, `check`, `cli` and two helpers: what `dist/` is bundled from, a few lines each',
    imports: ['cli', 'upkeep', 'run', 'host', 'config', 'packs', 'process', 'errors', 'gen'],
  },
  cli: {
    does: 'the commands and flags of `buildbox-ci`',
    imports: ['upkeep', 'run', 'host', 'config', 'casd', 'local', 'report', 'process', 'errors', 'gen'],
  },
  upkeep: {
    does: 'expiry of the local cache against the remote, how full the caches are, and whether an endpoint is there',
    imports: [
      'run',
      'host',
      'config',
      'packs',
      'casd',
      'local',
      'remote',
      'report',
      'trust',
      'process',
      'reapi',
      'cas',
      'async',
      'machine',
      'gen',
      'errors',
    ],
  },
  run: {
    does: 'the way of one run, in order: prepare, look the action up, execute it, bring its outputs, keep its result',
    imports: [
      'advice',
      'host',
      'config',
      'outputs',
      'inputs',
      'sandbox',
      'rootfs',
      'packs',
      'casd',
      'local',
      'remote',
      'tools',
      'report',
      'trust',
      'digests',
      'rpc',
      'process',
      'reapi',
      'cas',
      'files',
      'async',
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
    imports: ['config', 'report', 'trust', 'files', 'machine', 'errors'],
  },
  config: {
    does: 'inputs → one typed, checked `Config`',
    imports: ['process', 'trust', 'reapi', 'files', 'machine', 'errors', 'gen'],
  },
  outputs: {
    does: "a result's outputs → the workspace",
    imports: ['config', 'process', 'reapi', 'cas', 'files', 'errors', 'gen'],
  },
  inputs: {
    does: 'a checkout → an input tree',
    imports: ['digests', 'process', 'reapi', 'files', 'async', 'machine', 'errors', 'system-errors'],
  },
  sandbox: {
    does: 'buildbox-run and the bubblewrap below it: limits, mounts, who the build is, what became of it',
    imports: ['rootfs', 'process', 'reapi', 'errors'],
  },
  rootfs: {
    does: 'the root file system of a build: what of this machine it shows, and its identity in the action',
    imports: ['digests', 'process', 'reapi', 'files', 'async', 'machine', 'errors'],
  },
  packs: {
    does: "what is kept between runs: an index, packs of blobs, tidying, GitHub's cache and folders as transports",
    imports: ['report', 'trust', 'zstd', 'process', 'reapi', 'cas', 'files', 'async', 'errors', 'gen'],
  },
  casd: {
    does: 'the daemon: start, share, stop; CAS and action cache through it',
    imports: ['local', 'rpc', 'process', 'reapi', 'files', 'errors', 'system-errors', 'gen'],
  },
  local: {
    does: 'the local cache as it lies on the disk, read without a daemon: results, blobs, what may go',
    imports: ['trust', 'reapi', 'cas', 'files', 'async', 'errors', 'gen'],
  },
  remote: {
    does: 'an endpoint: credentials, channel, what it can do, when to leave it alone, CAS and action cache',
    imports: [
      'config',
      'report',
      'zstd',
      'rpc',
      'process',
      'reapi',
      'cas',
      'async',
      'machine',
      'errors',
      'gen',
    ],
  },
  tools: {
    does: 'where BuildBox and bubblewrap come from; preflight of the sandbox',
    imports: ['process', 'config', 'files', 'async', 'machine', 'errors'],
  },
  report: {
    does: 'summary, closing lines, annotations, build record: all words for people',
    imports: ['reapi', 'trust', 'errors', 'system-errors'],
  },
  trust: {
    does: 'who may read, write and be believed',
    imports: [],
  },
  digests: {
    does: 'digests of files, remembered by their status',
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
    imports: ['trust', 'reapi', 'files', 'errors', 'gen'],
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
