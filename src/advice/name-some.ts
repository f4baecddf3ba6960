const NAMED = 3;

/** The first of some things by name, and of the others how many there are: `a, b, c and 4 more`. */
export function nameSome(names: readonly string[]): string {
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${names.slice(0, NAMED).join(', ')}${more}`;
}
