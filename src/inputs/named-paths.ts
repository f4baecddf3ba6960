import { posix } from 'node:path';
import { isWithin, rawName, type RawName } from './names.js';
import type { Pathspec } from './pathspecs.js';

/** What a pathspec says by name, and not by a wildcard alone. */
export interface NamedPaths {
  /** The path as far as no wildcard stands in it; undefined where that is the whole workspace. */
  readonly path: RawName | undefined;
  /** Whether a wildcard follows, so that only what lies below the path is meant. */
  readonly open: boolean;
  /** Beginnings of the pathspec that go on behind a wildcard and end with a name, such as the one of `*\/dist/**`. */
  readonly patterns: readonly RegExp[];
}

const WILD = /[*?[\\]/;
/** Words and signs under which a pattern still spells a path. */
const SPELLED = new Set(['glob', 'literal', 'top', '/']);
const NOTHING: NamedPaths = { path: undefined, open: false, patterns: [] };

/**
 * @param below the workspace, relative to the top of its repository, from where `:/` counts
 */
export function namedPaths({ magic, pattern, excludes }: Pathspec, below: RawName): NamedPaths {
  if (excludes || !magic.every((word) => SPELLED.has(word))) return NOTHING;
  const fromTop = magic.some((word) => word === 'top' || word === '/');
  const spelled = posix.normalize(fromTop ? `/${pattern}` : pattern).replace(/^\/|\/$/g, '');
  const path = fromTop ? withoutFolder(spelled, below) : spelled;
  if (path === undefined || path === '.' || path === '') return NOTHING;
  const names = path.split('/');
  const isWild = (name: string) => !magic.includes('literal') && WILD.test(name);
  const wild = names.findIndex(isWild);
  if (wild < 0) return { path: rawName(path), open: false, patterns: [] };
  const ends = names.flatMap((name, i) => (i > wild && !isWild(name) ? [i + 1] : []));
  return {
    path: wild === 0 ? undefined : rawName(names.slice(0, wild).join('/')),
    open: true,
    patterns: ends.flatMap((end) => patternOf(names.slice(0, end).join('/'), magic.includes('glob')) ?? []),
  };
}

function withoutFolder(path: string, folder: RawName): string | undefined {
  if (folder === '') return path;
  return isWithin(rawName(path), folder) ? path.slice(folder.length + 1) : undefined;
}

/** What matches as git's wildcards do, in raw names; undefined for what is not spelled by the usual ones. */
function patternOf(glob: string, stopsAtSlash: boolean): RegExp | undefined {
  if (/[[\\]/.test(glob)) return undefined;
  const any = stopsAtSlash ? '[^/]' : '[^]';
  const parts = rawName(glob).split(/(\*\*\/|\*+|\?)/);
  const text = parts.map((part) => {
    if (part === '**/') return stopsAtSlash ? '(?:[^]*/)?' : '[^]*/';
    if (part.startsWith('*')) return part.length > 1 ? '[^]*' : `${any}*`;
    return part === '?' ? any : part.replace(/[.+^${}()|\]]/g, '\\$&');
  });
  return new RegExp(`^${text.join('')}$`);
}
