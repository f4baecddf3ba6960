import { randomUUID } from 'node:crypto';
import { reachCasd } from '../build/reach-casd.js';
import { Stopwatch } from '../build/stopwatch.js';
import { toolFinder } from '../build/tool-finder.js';
import { cacheFolder } from '../casd/folder.js';
import { leaveCasd } from '../casd/share.js';
import { readUsage } from '../casd/usage.js';
import { readCache } from '../config/cache.js';
import { readBuildBox } from '../config/read.js';
import { identify } from '../process/identity.js';
import { describeUsage } from './describe-usage.js';
import type { CommandContext, Invocation } from './command-context.js';

/** `buildbox-ci cache usage`: asks casd, which is started for the question where none runs. */
export async function cacheUsage(
  { inputs, json }: Invocation,
  { host, signal }: CommandContext,
): Promise<number> {
  const { machine } = host;
  const cache = readCache(inputs, machine);
  const folder = cacheFolder(cache.directory);
  const tools = toolFinder(readBuildBox(inputs), host, folder, signal);
  const lease = { id: randomUUID(), owner: identify(process.pid) ?? null };
  try {
    const context = { machine, log: host.log, folder, quota: cache.quota, tools, watch: new Stopwatch() };
    const casd = await reachCasd(context, lease, signal);
    const usage = await readUsage(casd, signal);
    casd.close();
    host.answer(json ? JSON.stringify({ folder: folder.root, ...usage }) : describeUsage(usage));
    return 0;
  } finally {
    await leaveCasd(folder, lease.id, machine.path.join(':'));
  }
}
