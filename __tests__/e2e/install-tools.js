import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Installs BuildBox once, by the bundle itself, for all the tests that are not about installing it. */
export default function installTools() {
  const toolCache = join(tmpdir(), 'buildbox-action-test-tools');
  mkdirSync(toolCache, { recursive: true });
  chmodSync(toolCache, 0o755);
  process.env.TEST_TOOL_CACHE = toolCache;
  const cache = mkdtempSync(join(tmpdir(), 'install-tools-'));
  try {
    execFileSync(process.execPath, ['dist/cli.js', 'run', '--cache-dir', cache, '--run', 'true'], {
      env: { ...process.env, RUNNER_TOOL_CACHE: toolCache },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    process.env.TEST_HOST_MEMORY = keepHostMemory(join(cache, 'memory'), toolCache);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
}

/** What was found out about this machine just now, for `host-memory.ts`; beside the tools, in place of the last time's. */
function keepHostMemory(memory, toolCache) {
  const kept = join(toolCache, 'host-memory');
  rmSync(kept, { recursive: true, force: true });
  mkdirSync(kept, { recursive: true });
  for (const name of readdirSync(memory).filter((name) => name.startsWith('host-'))) {
    cpSync(join(memory, name), join(kept, name));
  }
  return kept;
}
