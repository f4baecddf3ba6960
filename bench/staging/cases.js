import { cpSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeProject } from '../projects.js';
import { fetchCrate } from './fetch-crate.js';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** What is built, by name: `make` makes the checkout in a folder that is not there, `script` builds in it. */
export const CASES = {
  'write 300 MB': {
    make: (folder) => makeProject(folder, 20),
    script: 'head -c 300M /dev/zero > large && rm large',
  },
  'write 5000 files': {
    make: (folder) => makeProject(folder, 20),
    script: 'mkdir new && cd new && for ((i = 0; i < 5000; i++)); do echo $i > $i; done; cd ..; rm -r new',
  },
  'home: write 300 MB': {
    make: (folder) => makeProject(folder, 20),
    script: 'f=$(mktemp -p ~); head -c 300M /dev/zero > $f && rm $f',
  },
  ...readAll(1_000),
  ...readAll(10_000),
  ...readAll(20_000),
  ...readAll(50_000),
  zstd: {
    make: (folder) => fetchCrate('zstd-sys', '2', 'zstd', folder),
    script:
      'mkdir o && find lib -name "*.c" | xargs -P 2 -I{} sh -c \'cc -c "$1" -o o/$(basename "$1").o\' sh {} && ls o | wc -l && rm -r o',
  },
  libgit2: {
    make: (folder) => fetchCrate('libgit2-sys', '0.18', 'libgit2', folder),
    script:
      'cmake -G Ninja -B b -DBUILD_TESTS=OFF -DBUILD_CLI=OFF -DUSE_HTTPS=OFF -DUSE_SSH=OFF -DUSE_BUNDLED_ZLIB=ON -DREGEX_BACKEND=builtin >/dev/null && ninja -C b >/dev/null && rm -r b',
  },
  'tsc with node_modules': {
    make: copyRepository,
    script: 'node node_modules/typescript/bin/tsc --noEmit --project .',
  },
};

function readAll(files) {
  const name = `read ${files} files`;
  return {
    [name]: {
      make: (folder) => makeProject(folder, files),
      script: 'find . -name "*.txt" -type f -exec cat {} + | wc -c',
    },
  };
}

/** This repository with all that it installs, less what tsc has no use for and is large. */
function copyRepository(folder) {
  mkdirSync(folder);
  for (const name of ['node_modules', 'src', 'package.json', 'tsconfig.json']) {
    cpSync(`${REPOSITORY}/${name}`, `${folder}/${name}`, {
      recursive: true,
      filter: (path) => !/node_modules\/(node-linux|@bufbuild\/buf-linux)/.test(path),
    });
  }
}
