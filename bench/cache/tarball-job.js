/**
 * A job that keeps a folder with @actions/cache as people do: restores the newest by prefix, or saves under a new key.
 *
 * Usage: node tarball-job.js restore|save FOLDER PREFIX KEY; the last line that it prints is JSON.
 */
import { performance } from 'node:perf_hooks';
import { restoreCache, saveCache } from '@actions/cache';

const [what, folder, prefix, key] = process.argv.slice(2);
const started = performance.now();
const done = what === 'save' ? await saveCache([folder], key) : await restoreCache([folder], key, [prefix]);
const milliseconds = performance.now() - started;
if (done === undefined || done === -1) throw new Error(`could not ${what} ${key}`);
console.log(`\n${JSON.stringify({ milliseconds })}`);
