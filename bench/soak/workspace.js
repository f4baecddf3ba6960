import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A checkout that is brought from one edition of the project to another, as an editor or a checkout would do it. */
export class Workspace {
  constructor(path) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    this.#git('init', '--quiet');
  }

  /**
   * @param files of the edition, by path
   * @param habits `keepTimes`: a changed file gets the modification time of the old one; `add`: git is told
   */
  become(files, { keepTimes, add }) {
    const there = listTree(this.path, '.', (name) => ['.git', 'out', 'single'].includes(name));
    for (const path of Object.keys(there))
      if (!(path in files)) rmSync(join(this.path, path), { recursive: true, force: true });
    for (const [path, node] of Object.entries(files)) {
      if (!sameNode(there[path], node)) this.#write(path, node, keepTimes);
    }
    if (add) this.#git('add', '--all');
  }

  removeOutputs() {
    for (const name of ['out', 'single']) rmSync(join(this.path, name), { recursive: true, force: true });
  }

  /** What differs between outputs as they are and as they should be, in words; nothing if they are right. */
  differences(outputs, names) {
    const found = {};
    for (const name of names) Object.assign(found, listTree(this.path, name));
    const paths = [...new Set([...Object.keys(found), ...Object.keys(outputs)])].sort();
    return paths.flatMap((path) =>
      sameNode(found[path], outputs[path])
        ? []
        : [`${path}: ${describe(found[path])}, not ${describe(outputs[path])}`],
    );
  }

  #write(path, node, keepTimes) {
    const place = join(this.path, path);
    const old = keepTimes ? lstatSync(place, { throwIfNoEntry: false }) : undefined;
    mkdirSync(dirname(place), { recursive: true });
    if (node.target !== undefined) {
      rmSync(place, { force: true });
      symlinkSync(node.target, place);
      return;
    }
    writeFileSync(place, node.content);
    chmodSync(place, node.mode);
    if (old !== undefined) utimesSync(place, old.atime, old.mtime);
  }

  #git(...words) {
    execFileSync('git', words, { cwd: this.path, stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

/** Files, symlinks and empty folders at and below a path, by path. */
function listTree(root, path, skip = () => false) {
  const place = join(root, path);
  const status = lstatSync(place, { throwIfNoEntry: false });
  if (status === undefined) return {};
  if (status.isSymbolicLink()) return { [path]: { target: readlinkSync(place) } };
  if (status.isFile()) return { [path]: { content: readFileSync(place, 'utf8'), mode: status.mode } };
  const names = readdirSync(place).filter((name) => !skip(name));
  if (names.length === 0 && path !== '.') return { [path]: 'folder' };
  return Object.assign({}, ...names.map((name) => listTree(root, path === '.' ? name : `${path}/${name}`)));
}

function sameNode(one, other) {
  if (typeof one !== 'object' || typeof other !== 'object') return one === other;
  const executable = (node) => (node.mode & 0o100) !== 0;
  return (
    one.target === other.target && one.content === other.content && executable(one) === executable(other)
  );
}

function describe(node) {
  if (node === undefined) return 'nothing';
  if (node === 'folder') return 'an empty folder';
  if (node.target !== undefined) return `a symlink to ${node.target}`;
  const mode = (node.mode & 0o100) === 0 ? '' : ' that may run';
  return `${JSON.stringify(node.content.slice(0, 40))} (${node.content.length} B)${mode}`;
}
