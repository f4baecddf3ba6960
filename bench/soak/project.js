import { createHash } from 'node:crypto';

const LARGE_BYTES = 1_300_000;

/**
 * The editions of a small project. What each build of it makes is known from the files alone, and two editions never
 * make the same: some differ by one byte of the same size, some by a bit of a mode, a symlink or a missing file.
 */
export const EDITIONS = [
  edition({}),
  edition({ 'src/a.txt': file('alpha two\n') }),
  edition({ 'src/plain.txt': file('plain\n', 0o755), link: symlink('src/b.txt') }),
  edition({ 'large.bin': file(noise('another')), 'tests/6.sh': file('echo six\n'), 'src/empty.txt': null }),
  edition({ 'bin/tool.sh': file('#!/bin/sh\ntr a-z N-ZA-M < "$1"\n', 0o755), 'src/deep/er/c.txt': null }),
];

/** The kinds of build. `right` tells what an edition has to come to: exit code, stdout, and outputs by path. */
export const KINDS = {
  /** Two outputs: a folder with all that a folder can hold, and a file. */
  tree: {
    outputs: ['out', 'single'],
    script: `set -eu
mkdir -p out/sub out/none
find src -type f | LC_ALL=C sort | xargs cat > out/all
sleep 0.1
cp large.bin out/sub/large
if test -x src/plain.txt; then echo may run; else echo may not; fi > out/mode
{ readlink link; cat link; } > out/link-read
./bin/tool.sh src/a.txt > out/tool
cp bin/tool.sh out/sub/tool.sh
chmod 755 out/sub/tool.sh
: > out/empty
ln -s all out/link
sha256sum < large.bin | cut -c 1-64 > single
said=$(cat src/a.txt)
echo "built $said"`,
    right: (files) => ({
      exitCode: 0,
      stdout: `built ${files['src/a.txt'].content}`,
      outputs: treeOf(files),
    }),
  },
  /** What is tested is found by a loop that is content with nothing, as such loops are. */
  gate: {
    outputs: [],
    script: `passed=0
sleep 0.1
for test in tests/*.sh; do
  [ -e "$test" ] || continue
  sh "$test"
  passed=$((passed + 1))
done
echo "$passed passed"`,
    right: (files) => ({ exitCode: 0, stdout: testsOf(files), outputs: {} }),
  },
  /** It fails, always and with the same code. */
  failing: {
    outputs: [],
    script: `cat src/a.txt
sleep 0.05
exit 7`,
    right: (files) => ({ exitCode: 7, stdout: files['src/a.txt'].content, outputs: {} }),
  },
};

function edition(changes) {
  const files = {
    '.gitignore': file('/out\n/single\n'),
    'src/a.txt': file('alpha one\n'),
    'src/b.txt': file('beta\n'),
    'src/plain.txt': file('plain\n'),
    'src/empty.txt': file(''),
    'src/deep/er/c.txt': file('gamma\n'),
    'bin/tool.sh': file('#!/bin/sh\ntr a-z A-Z < "$1"\n', 0o755),
    'large.bin': file(noise('large')),
    link: symlink('src/a.txt'),
    ...Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`tests/${n}.sh`, file(`echo test ${n}\n`)])),
    ...changes,
  };
  return Object.fromEntries(Object.entries(files).filter(([, node]) => node !== null));
}

function file(content, mode = 0o644) {
  return { content, mode };
}

function symlink(target) {
  return { target };
}

/** Text that does not compress well and is the same each time. */
function noise(seed) {
  const parts = [];
  for (let i = 0; parts.length * 64 < LARGE_BYTES; i++) parts.push(hash(`${seed} ${i}`));
  return parts.join('');
}

function treeOf(files) {
  const sources = Object.keys(files).filter((path) => path.startsWith('src/'));
  const tool = files['bin/tool.sh'];
  const upper = files['src/a.txt'].content.toUpperCase();
  const turned = (text) => text.replace(/[A-Z]/g, (c) => 'NOPQRSTUVWXYZABCDEFGHIJKLM'[c.charCodeAt(0) - 65]);
  const { target } = files.link;
  return {
    'out/all': file(
      sources
        .sort()
        .map((path) => files[path].content)
        .join(''),
    ),
    'out/empty': file(''),
    'out/link': symlink('all'),
    'out/link-read': file(`${target}\n${files[target].content}`),
    'out/mode': file(files['src/plain.txt'].mode & 0o100 ? 'may run\n' : 'may not\n'),
    'out/none': 'folder',
    'out/sub/large': file(files['large.bin'].content),
    'out/sub/tool.sh': file(tool.content, 0o755),
    'out/tool': file(tool.content.includes('N-Z') ? turned(upper) : upper),
    single: file(`${hash(files['large.bin'].content)}\n`),
  };
}

function testsOf(files) {
  const tests = Object.keys(files).filter((path) => path.startsWith('tests/'));
  const said = tests.sort().map((path) => files[path].content.replace('echo ', ''));
  return `${said.join('')}${tests.length} passed\n`;
}

function hash(text) {
  return createHash('sha256').update(text).digest('hex');
}
