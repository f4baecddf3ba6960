import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { damage } from './faults/damage.js';
import { disturbRemote } from './faults/remote.js';
import { fillDisk } from './faults/disks.js';
import { runCommand } from './faults/commands.js';
import { signalProcess } from './faults/signals.js';
import { judgeBuild, judgeCommand, messageOf, rightOf } from './judge.js';
import { leftovers } from './leftovers.js';
import { canMount, Place } from './place.js';
import { flagsOf, planStory } from './plan.js';
import { sendSignal, processesOf } from './processes.js';
import { Product } from './product.js';
import { EDITIONS, KINDS } from './project.js';
import { Random } from './random.js';
import { Remote } from './remote.js';

const FAULTS = { signal: signalProcess, damage, disk: fillDisk, remote: disturbRemote, command: runCommand };

/**
 * Plays one story: rounds of builds and faults on new folders, and after each round the runs that must be right. It ends
 * early with a round in which something was wrong, since what follows would tell of the same.
 *
 * @param settings `node`, `cli`, `tools`, `casd`, `parent` folder, `rounds`, `until` (a time), `trace`
 */
export async function playStory(seed, settings, tally) {
  const plan = planStory(new Random(seed), { rounds: settings.rounds, canMount });
  const place = new Place(settings.parent, { ...plan, memory: settings.memory });
  const remote = new Remote(settings.casd, place.remote);
  const story = new Story({ seed, place, remote, tally, trace: settings.trace });
  story.product = new Product({ ...settings, place });
  try {
    await remote.start();
    for (const [number, round] of plan.rounds.entries()) {
      if (Date.now() > settings.until || settings.signal.aborted) break;
      if (!(await story.play(number, round, plan))) break;
    }
  } finally {
    await remote.end('SIGTERM');
    place.remove();
  }
}

/**
 * Has the toolchain looked at, which takes longer than all the rest.
 *
 * @returns the folder of what is remembered of it
 */
export async function rememberToolchain(settings, folder) {
  const place = new Place(settings.parent, { longPath: false });
  try {
    const run = { words: ['--cache', 'none'], script: 'true', umask: '022' };
    const end = await new Product({ ...settings, place }).build(place.lanes[0].path, run).ended;
    if (end.exitCode !== 0) throw new Error(`a first build failed:\n${end.stderr}`);
    cpSync(join(place.cache, 'memory'), folder, { recursive: true });
    return folder;
  } finally {
    place.remove();
  }
}

class Story {
  #round = 0;
  #right = true;
  #happened;

  constructor(parts) {
    Object.assign(this, parts);
  }

  /** @returns whether all was right */
  async play(number, { builds, faults, fresh }, { daemon }) {
    this.#round = number;
    this.#happened = { signals: new Map(), sandbox: [], fullDisk: false };
    if (fresh) this.place.forget();
    if (daemon) await this.#command(['casd', 'start']);
    const runs = builds.map((build) => this.#start(build));
    const scene = {
      place: this.place,
      remote: this.remote,
      product: this.product,
      clis: () => runs.filter((run) => run.pid !== undefined && !run.over).map((run) => run.pid),
      over: () => runs.every((run) => run.over),
      judgeCommand: (words, end) => this.#judgeCommand(words, end),
    };
    const acts = faults.map((fault) => this.#strike(fault, scene));
    await Promise.all([...runs.map(({ ended }) => ended), ...acts]);
    await Promise.all(runs.map((run) => this.#judgeFaulty(run)));
    await this.#clean(builds, number);
    return this.#right;
  }

  #start(build) {
    const run = { build, over: false };
    run.ended = (async () => {
      const lane = this.place.lanes[build.lane];
      lane.become(EDITIONS[build.edition], build);
      if (build.removeOutputs) lane.removeOutputs();
      await sleep(build.after);
      const started = this.#launch(build);
      run.pid = started.pid;
      run.end = await started.ended;
      run.over = true;
    })();
    return run;
  }

  #launch(build) {
    const { script } = KINDS[build.kind];
    const words = flagsOf(build, this.place, this.remote.address);
    return this.product.build(this.place.lanes[build.lane].path, { words, script, umask: build.umask });
  }

  async #strike(fault, scene) {
    const came = await FAULTS[fault.kind](fault, scene);
    this.trace(`  ${JSON.stringify(fault)} → ${came ?? 'nothing'}`);
    if (came === undefined) return;
    this.tally.count('faults', nameOf(fault));
    if (fault.kind === 'disk') this.#happened.fullDisk = true;
    if (fault.kind !== 'signal') return;
    if (fault.target === 'cli') this.#happened.signals.set(came, fault.signal);
    else this.#happened.sandbox.push(fault.signal);
  }

  #judgeFaulty({ build, pid, end }) {
    const signal = this.#happened.signals.get(pid);
    this.#judge(build, end, {
      ...this.#happened,
      signals: signal === undefined ? [] : [signal],
      clean: false,
    });
  }

  /**
   * Every checkout is built once more; then one that has a new action, which needs a daemon; then this once more, which
   * must be a hit. Nothing may be left then.
   */
  async #clean(builds, number) {
    for (const build of builds) await this.#runClean({ ...build, after: 0, umask: '022' });
    const last = { ...builds.at(-1), kind: 'tree', salt: `clean ${number}`, remote: false };
    const built = await this.#runClean(last);
    const again = await this.#runClean(last);
    const same = built.record?.actionDigest === again.record?.actionDigest;
    if (same && again.exitCode === 0 && again.record?.result !== 'hit') {
      this.#violate({ what: 'a clean run is not remembered', detail: again.stderr });
    }
    await this.#command(['casd', 'stop']);
    await this.#lookForLeftovers([...builds.filter(({ kind }) => kind === 'tree'), last]);
  }

  async #runClean(build) {
    const end = await this.#launch(build).ended;
    this.#judge(build, end, { signals: [], sandbox: [], fullDisk: false, clean: true });
    return end;
  }

  #judge(build, end, around) {
    const right = rightOf(build);
    const differences =
      end.exitCode === 0
        ? this.place.lanes[build.lane].differences(right.outputs, KINDS[build.kind].outputs)
        : [];
    const found = judgeBuild(build, end, { ...around, differences });
    this.#count(end, right, around.clean);
    this.trace(
      `  ${around.clean ? 'clean ' : ''}${JSON.stringify(build)}: ${end.exitCode} ${end.record?.result ?? ''}`,
    );
    for (const one of found) this.#violate(one);
  }

  #count(end, right, clean) {
    this.tally.count('runs', clean ? 'without faults, after a round' : 'amid faults');
    this.tally.count('ended', endingOf(end, right));
    if (end.exitCode === 125) this.tally.count('said with 125', messageOf(end));
  }

  async #command(words) {
    this.#judgeCommand(words, await this.product.command(words).ended);
  }

  #judgeCommand(words, end) {
    for (const one of judgeCommand(words, end, this.#happened.sandbox)) this.#violate(one);
  }

  /** Who ends by a signal of ours may take a moment. */
  async #lookForLeftovers(builds) {
    const swept = builds.map(({ lane }) => this.place.lanes[lane]);
    let left = [];
    for (let waited = 0; waited < 3000; waited += 100) {
      left = leftovers(this.place, this.remote.pid, swept);
      if (left.length === 0) return;
      await sleep(100);
    }
    for (const { pid, words } of processesOf(this.place.root)) {
      if (!words.includes(this.place.remote)) sendSignal(pid, 'SIGKILL');
    }
    this.#violate({ what: 'something is left behind', detail: left.join('\n') });
  }

  #violate(violation) {
    this.#right = false;
    this.trace(`  VIOLATION ${violation.what}`);
    this.tally.violate({ seed: this.seed, round: this.#round }, violation);
  }
}

function nameOf(fault) {
  if (fault.kind === 'signal') return `${fault.signal} to ${fault.target}`;
  if (fault.kind === 'damage') return `${fault.thing}: ${fault.how}`;
  if (fault.kind === 'disk') return `no ${fault.of} left: ${fault.disk}`;
  if (fault.kind === 'remote') return `${fault.how} to the remote`;
  return `${fault.words.slice(0, 2).join(' ')} beside builds`;
}

function endingOf({ exitCode, record }, right) {
  if (exitCode === 125) return 'gave up with 125';
  if ([130, 137, 143].includes(exitCode)) return `cancelled or killed (${exitCode})`;
  if (record?.result === 'hit') return `hit (${record.hitFrom})`;
  if (exitCode === right.exitCode) return exitCode === 0 ? 'built' : 'failed as it should';
  return 'failed by a fault';
}
