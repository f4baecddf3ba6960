/**
 * Fetches casupload and casdownload, with their libraries, from Debian's unstable suite into a folder, as the product
 * fetches BuildBox from there: nothing is installed.
 *
 * Usage: node bench/remote/fetch-peers.js FOLDER
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { compile } from './parts.js';

const [target] = process.argv.slice(2);
if (target === undefined) throw new Error('usage: node bench/remote/fetch-peers.js FOLDER');
const folder = mkdtempSync(join(tmpdir(), 'buildbox-bench-peers-'));
try {
  const load = compile(join(folder, 'compiled'));
  const { gatherAptFacts } = await load('tools/apt-facts.js');
  const { buildBoxRepository } = await load('tools/repository.js');
  const { openPrivateApt } = await load('tools/private-apt.js');
  const { unpackPrograms } = await load('tools/closure.js');
  const { readMachine } = await load('host/machine-facts.js');
  const context = {
    machine: readMachine({
      environment: process.env,
      workspace: folder,
      temporary: folder,
      builder: 'bench',
    }),
    log: { phase: console.log, progress: console.log, info: console.log, warn: console.log },
    signal: new globalThis.AbortController().signal,
    toolFolder: folder,
  };
  const repository = buildBoxRepository(await gatherAptFacts(context, folder));
  if ('declined' in repository) throw new Error(repository.declined);
  const apt = await openPrivateApt(join(folder, 'apt'), repository, context);
  const version = await apt.candidate('buildbox');
  mkdirSync(target, { recursive: true });
  await unpackPrograms(
    await apt.download('buildbox'),
    ['casupload', 'casdownload'],
    resolve(target),
    context,
  );
  console.log(`casupload and casdownload of buildbox ${version} are in ${join(target, 'bin')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
