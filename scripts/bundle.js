/**
 * Bundles each entry into a file of dist/ that needs no `npm install`, and what it imports later into files beside it
 * (`NUMBER.ENTRY.js`): a hit is over before Node would have read most of those. The programs are one entry, so that what
 * they share is there once; each is started by a file of its own name. With `--check` it writes nothing and fails when
 * dist/ is not what the sources make.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { minify } = createRequire(import.meta.url)('@swc/core');
const ncc = createRequire(import.meta.url)('@vercel/ncc');
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entries = ['programs', 'github-cache', 'folder-cache'];
const programs = ['main', 'post', 'check', 'cli'];
/** What grpc-js reads the protocols of its channelz and load reports with, and only for who turns these on. */
const UNUSED_MODULE = '@grpc/proto-loader';
const UNUSED_ASSET = /\.proto$|LICENSE$|package\.json$/;
const check = process.argv.includes('--check');

rmSync(join(root, 'build'), { recursive: true, force: true });
execFileSync('node_modules/.bin/tsc', ['--project', '.'], { cwd: root, stdio: 'inherit' });

const files = new Map();
for (const entry of entries) {
  const filename = `${entry}.js`;
  const { code, assets } = await ncc(join(root, 'build/entry', `${entry}.js`), {
    filename,
    quiet: true,
    license: '',
    externals: [UNUSED_MODULE],
  });
  const later = Object.keys(assets).filter((name) => /^\d+\./.test(name) && name.endsWith(`.${filename}`));
  const unexpected = Object.keys(assets).filter((name) => !UNUSED_ASSET.test(name) && !later.includes(name));
  if (unexpected.length > 0)
    throw new Error(`the bundle of ${entry} needs ${unexpected.join(', ')} beside it`);
  files.set(filename, await shortened(code));
  for (const name of later) files.set(name, await shortened(assets[name].source.toString()));
}
rmSync(join(root, 'build'), { recursive: true, force: true });
for (const program of programs) files.set(`${program}.js`, starterOf(program));

const dist = join(root, 'dist');
mkdirSync(dist, { recursive: true });
const left = readdirSync(dist).filter((name) => !files.has(name));
const stale = [...files].filter(([name, code]) => read(join(dist, name)) !== code).map(([name]) => name);
if (check) {
  for (const name of [...stale, ...left]) console.error(`stale: dist/${name} (npm run bundle)`);
  process.exit(stale.length + left.length > 0 ? 1 : 0);
}
for (const name of left) rmSync(join(dist, name));
for (const name of stale) {
  writeFileSync(join(dist, name), files.get(name), { mode: name === 'cli.js' ? 0o755 : 0o644 });
  console.log(`wrote dist/${name}, ${Math.round(files.get(name).length / 1000)} kB`);
}

function starterOf(program) {
  const interpreter = program === 'cli' ? '#!/usr/bin/env node\n' : '';
  return `${interpreter}import { start } from './programs.js';\nawait start('${program}');\n`;
}

/** ncc would shorten words alone, and leave in what nothing calls: most of some libraries. */
async function shortened(code) {
  const names = { keep_classnames: true, keep_fnames: true };
  const { code: short } = await minify(code, {
    module: true,
    compress: names,
    mangle: names,
    format: { comments: false },
  });
  return short;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
