import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Loaded before a program, notes at its end how much memory it held at most. `getrusage` will not do: a process takes
 * over the peak of the one that started it.
 */
process.on('exit', () => {
  const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  writeFileSync(process.env.PEAK_MEMORY_FILE, String(kibibytes * 1024));
});
