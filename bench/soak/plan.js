import { EDITIONS, KINDS } from './project.js';
import { LANES } from './place.js';

/** What may be signalled, by the program's name, and how often it is. */
const TARGETS = {
  cli: 6,
  'buildbox-casd': 3,
  'buildbox-run': 2,
  bwrap: 2,
  'buildbox-fuse': 2,
  helper: 1,
  build: 1,
};
const SIGNALS = { SIGKILL: 4, SIGTERM: 3, SIGINT: 2, SIGSTOP: 2 };

/** What may be damaged: see damage.js. */
const THINGS = {
  blob: 6,
  result: 3,
  memory: 2,
  state: 2,
  usage: 1,
  kept: 2,
  'remote blob': 2,
  'remote result': 1,
};
const DAMAGES = { overwrite: 3, flip: 3, truncate: 2, empty: 2, delete: 2, unreadable: 1, folder: 1 };

const FOR_LONG = 100_000;

const KINDS_OF_FAULT = { signal: 5, damage: 5, disk: 2, remote: 1, command: 2 };

/**
 * The schedule of a story: nothing but a function of its numbers.
 *
 * @returns `longPath`, `daemon` (whether one is started for its rounds) and `rounds`, each with `builds`, `faults` and `fresh`
 */
export function planStory(random, { rounds, canMount }) {
  const story = { longPath: random.chance(0.2), daemon: random.chance(0.3) };
  const planned = [];
  for (let n = 0; n < rounds; n++)
    planned.push(planRound(random.fork(), n, { canMount, last: planned.at(-1) }));
  return { ...story, rounds: planned };
}

function planRound(random, number, { canMount, last }) {
  const builds = Array.from({ length: random.between(2, LANES) }, (_, lane) =>
    planBuild(random, lane, number),
  );
  const faults = Array.from({ length: random.between(1, 4) }, () => planFault(random, canMount));
  // A machine that has never built anything finds what the last round gave to the kept folder and the remote.
  const fresh = last !== undefined && random.chance(0.25);
  return { builds: fresh ? last.builds : builds, faults, fresh };
}

function planBuild(random, lane, round) {
  return {
    lane,
    kind: random.weighted({ tree: 5, gate: 3, failing: 1 }),
    edition: random.between(0, EDITIONS.length - 1),
    // The same salt for a while, so that hits come too.
    salt: `${Math.floor(round / 2)}-${random.between(0, 1)}`,
    kept: random.chance(0.5),
    remote: random.chance(0.4),
    failures: random.chance(0.4),
    umask: random.weighted({ '022': 6, '002': 1, '077': 2, '000': 1 }),
    keepTimes: random.chance(0.3),
    add: random.chance(0.3),
    removeOutputs: random.chance(0.3),
    after: random.chance(0.5) ? 0 : random.between(0, 400),
  };
}

function planFault(random, canMount) {
  const kind = random.weighted(canMount ? KINDS_OF_FAULT : { ...KINDS_OF_FAULT, disk: 0 });
  return { kind, ...PLANS[kind](random) };
}

const PLANS = {
  /** As soon as there is such a process, and some milliseconds after that. */
  signal: (random) => {
    const target = random.weighted(TARGETS);
    const after = target === 'cli' ? random.between(0, 900) : random.between(0, 250);
    return {
      target,
      // Only this one cannot be the build's own doing: the kernel kills so when memory is short.
      signal: target === 'build' ? 'SIGKILL' : random.weighted(SIGNALS),
      after,
      // A daemon may also say nothing for as long as anybody waits for it.
      hold: target === 'buildbox-casd' && random.chance(0.3) ? FOR_LONG : random.between(100, 1500),
      share: random.next(),
    };
  },
  damage: (random) => ({
    thing: random.weighted(THINGS),
    how: random.weighted(DAMAGES),
    after: random.chance(0.6) ? 0 : random.between(0, 700),
    share: random.next(),
    at: random.next(),
  }),
  disk: (random) => ({
    disk: random.pick(['cache', 'temporary', 'checkouts']),
    of: random.weighted({ bytes: 2, inodes: 1 }),
    slack: random.pick([0, 1, 20, 400]),
    after: random.between(0, 600),
    hold: random.between(50, 1000),
  }),
  remote: (random) => ({
    how: random.pick(['SIGTERM', 'SIGKILL', 'SIGSTOP']),
    after: random.between(0, 600),
    hold: random.between(50, 2000),
  }),
  command: (random) => ({
    words: random.pick([
      ['cache', 'expire', '--to', '1M'],
      ['cache', 'usage'],
      ['casd', 'status'],
      ['casd', 'stop'],
    ]),
    after: random.between(0, 900),
  }),
};

/** The flags of a build. */
export function flagsOf({ kind, salt, kept, remote, failures }, place, address) {
  return [
    ...['--salt', salt],
    ...KINDS[kind].outputs.flatMap((path) => ['--outputs', path]),
    ...['--cache', kept ? `folder:${place.kept}` : remote ? 'auto' : 'none'],
    ...(remote ? ['--remote', address, '--latency-budget', '5s'] : []),
    ...(failures ? ['--cache-failures'] : []),
  ];
}
