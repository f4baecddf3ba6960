import { EDITIONS, KINDS } from './project.js';

const OURS = 125;
const OF_SIGNAL = { SIGINT: 130, SIGTERM: 143, SIGKILL: 137 };
const NUMBERS = { SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** What an edition has to come to. */
export function rightOf({ kind, edition }) {
  return KINDS[kind].right(EDITIONS[edition]);
}

/**
 * What is wrong with a run that has ended. Never its time, but for a hang.
 *
 * @param end of the run
 * @param around `differences` of the checkout from the right outputs; `signals` that this command line was sent;
 * `sandbox`: signals that came to a part of some sandbox; `fullDisk`: whether a disk was full; `clean`: whether nothing
 * of this kind happened
 * @returns each as `what` and `detail`
 */
export function judgeBuild(build, end, around) {
  const common = [...hang(end), ...badTempered(end)];
  if (end.hangs !== undefined) return common;
  const right = rightOf(build);
  if (end.exitCode === right.exitCode) return [...common, ...wrongResult(right, end, around)];
  if (end.exitCode === 0) return [...common, complaint('a failed build is green', end)];
  if (around.clean) return [...common, complaint('a clean run is not right', end)];
  return isLegal(end.exitCode, around)
    ? common
    : [...common, complaint('an exit code that nothing explains', end)];
}

/** A command beside the builds: it may fail, but not hang and not ask for a bug report. */
export function judgeCommand(words, end, signals) {
  const legal = [0, 1, 3, OURS, ...signals.map((signal) => OF_SIGNAL[signal])];
  const odd = legal.includes(end.exitCode) ? [] : [complaint(`${words.join(' ')}: an exit code`, end)];
  return [...hang(end), ...badTempered(end), ...odd];
}

function hang({ hangs, ...end }) {
  return hangs === undefined
    ? []
    : [complaint('a run hangs', { ...end, stderr: `${hangs.join('\n')}\n${end.stderr}` })];
}

function badTempered(end) {
  if (!/This is a bug|^\s+at .*:\d+:\d+\)?$/m.test(end.stderr)) return [];
  return [complaint('"This is a bug"', end)];
}

function wrongResult(right, end, { differences }) {
  const stdout = isSaid(right.stdout, end)
    ? []
    : [`stdout: ${JSON.stringify(end.stdout)}, not ${JSON.stringify(right.stdout)}`];
  const wrong = [...differences, ...stdout];
  if (wrong.length === 0) return [];
  const what = right.exitCode === 0 ? 'exit code 0 with a wrong output' : 'a failed build told wrongly';
  return [{ what, detail: `${wrong.join('\n')}\n${end.stderr}` }];
}

/** What a build said that was done once more cannot be unsaid. */
function isSaid(stdout, end) {
  return end.stdout === stdout || (/building once more/i.test(end.stderr) && end.stdout.endsWith(stdout));
}

function isLegal(exitCode, { signals, sandbox, fullDisk }) {
  const legal = [OURS, ...signals.map((signal) => OF_SIGNAL[signal])];
  // A build whose processes are killed, or whose disk is full, fails as any program does.
  const killed = sandbox.map((signal) => 128 + NUMBERS[signal]);
  return [...legal, ...killed].includes(exitCode) || fullDisk;
}

function complaint(what, { exitCode, stderr }) {
  return { what, detail: `exit code ${exitCode}\n${stderr}` };
}

/** The first line of what a command line says when it gives up, without what differs from run to run. */
export function messageOf({ stderr }) {
  const line =
    stderr.split('\n').find((text) => text.startsWith('error: ')) ?? stderr.trim().split('\n').at(-1);
  return (line ?? '')
    .replace(/^error: /, '')
    .replace(/\/\S+/g, 'PATH')
    .replace(/[0-9a-f]{16,}/g, 'HASH')
    .replace(/\d+/g, 'N')
    .slice(0, 110);
}
