import { pathspecFor, rawName, shownName, type RawName } from './names.js';

/** What has no place in an input tree, where every name and every link's target is UTF-8. */
export interface Unnameable {
  readonly names: readonly RawName[];
  /** Symbolic links whose own names are fine. */
  readonly links: readonly string[];
}

/** What to say of it, one line each: it is left out, and a build that needs it fails for the lack of it. */
export function warnOfUnnameable({ names, links }: Unnameable): readonly string[] {
  return [
    ...warnOf(names, (first, more) => `the name of ${first}${more && ` (and of ${more})`} is not UTF-8`),
    ...warnOf(
      links.map(rawName),
      (first, more) =>
        `the symbolic link ${first}${more && ` (and ${more})`} points to a name that is not UTF-8`,
    ),
  ];
}

function warnOf(
  [first, ...others]: readonly RawName[],
  what: (first: string, more: string) => string,
): readonly string[] {
  if (first === undefined) return [];
  const fact = what(shownName(first), others.length === 0 ? '' : `${others.length} more`);
  const remedy = `Exclude it with \`inputs: '!${pathspecFor(first)}'\` to have this said no more`;
  return [`${fact}, which an input's must be: it is left out. ${remedy}`];
}
