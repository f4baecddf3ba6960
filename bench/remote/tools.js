import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { timeCommand } from '../measure.js';

/** What the tools are made of in Debian's package, and how much of it. */
const PROGRAMS = ['casupload', 'casdownload'];

/**
 * Fetches BuildBox's own command line tools as the product fetches BuildBox from Debian: unpacked, not installed.
 *
 * @returns the folder with them, or undefined where they cannot be had, with one line that says why
 */
export async function fetchTools(load, folder, signal) {
  const { gatherAptFacts } = await load('tools/packages/apt-facts.js');
  const { unpackPrograms } = await load('tools/buildbox/closure.js');
  const { openPrivateApt, whyNoPrivateApt } = await load('tools/packages/private-apt.js');
  const { buildBoxRepository } = await load('tools/packages/repository.js');
  const made = join(folder, 'made');
  mkdirSync(made, { recursive: true });
  const quiet = () => undefined;
  const machine = { path: process.env.PATH.split(':'), environment: process.env, home: process.env.HOME };
  const log = { phase: quiet, progress: quiet, info: quiet, warn: quiet };
  const context = { machine, log, signal, toolFolder: folder };
  try {
    const unable = await whyNoPrivateApt(context);
    if (unable !== undefined) throw new Error(unable);
    const repository = buildBoxRepository(await gatherAptFacts(context, folder));
    if (repository.declined !== undefined) throw new Error(repository.declined);
    const apt = await openPrivateApt(join(folder, 'apt'), repository, context);
    await unpackPrograms(await apt.download('buildbox'), PROGRAMS, made, context);
    return join(made, 'bin');
  } catch (error) {
    signal.throwIfAborted();
    console.log(`casupload and casdownload are not measured: ${error.message.split('\n')[0]}\n`);
    return undefined;
  }
}

/**
 * Their transfers, as whole processes: start, connecting and hashing are in their times.
 *
 * @returns `up` and `down`: each takes a port and a corpus, and tells the milliseconds that it took
 */
export function toolTransfers({ root, place }, bin) {
  const digest = join(root, 'tools-digest');
  const run = async (program, port, words) => {
    const argv = [join(bin, program), `--remote=http://127.0.0.1:${port}`, ...words];
    return (await timeCommand(argv, place)).wall;
  };
  const up = (port, { folder }) => run('casupload', port, [`--output-digest-file=${digest}`, folder]);
  const down = (port, _corpus, folder) => {
    const tree = readFileSync(digest, 'utf8').trim();
    return run('casdownload', port, [`--root-digest=${tree}`, `--destination-dir=${folder}`]);
  };
  return { up, down };
}
