import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * bash measures the whole process: what its children took counts as soon as it has waited for them. The trap has it
 * wait for the command when both are ended.
 */
const TIME = `trap : TERM; files=$1; shift; TIMEFORMAT='%3R %3U %3S'
{ time "$@" >"$files/stdout" 2>"$files/stderr"; } 2>&1`;

const PEAK_MEMORY = fileURLToPath(new URL('peak-memory.js', import.meta.url));

/**
 * Runs a command to its end and measures it.
 *
 * @param place `directory` to run in, `environment`, `files` for what it prints, and the `signal` that ends it
 * @returns milliseconds of wall and of processor time (user and system), and what it printed on stdout
 * @throws Error when it does not end with 0
 */
export async function timeCommand(argv, place) {
  const { exitCode, output } = await run(['bash', '-c', TIME, 'bash', place.files, ...argv], place);
  const read = (name) => readFileSync(join(place.files, name), 'utf8');
  if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}:\n${read('stderr').trim()}`);
  const [wall, user, system] = output.trim().split(' ').map(Number);
  return { wall: wall * 1000, processor: (user + system) * 1000, stdout: read('stdout') };
}

/** The most memory, in bytes, that a Node program held at once; its children are not counted. */
export async function peakMemory([node, ...words], place) {
  const file = join(place.files, 'peak-memory');
  const environment = { ...place.environment, PEAK_MEMORY_FILE: file };
  const { stdout } = await timeCommand([node, '--import', PEAK_MEMORY, ...words], { ...place, environment });
  return { bytes: Number(readFileSync(file, 'utf8')), stdout };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
}

async function run([file, ...words], { directory, environment, signal }) {
  signal.throwIfAborted();
  const child = spawn(file, words, {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = () => process.kill(-child.pid, 'SIGTERM');
  signal.addEventListener('abort', end);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const exitCode = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 'a signal'));
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  return { exitCode, output };
}
