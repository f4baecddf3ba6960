/**
 * The fields of the build record, as the comments in `renderRecord` tell them.
 *
 * @param source the module that makes the record; each field of it has a comment, or there is no table
 */
export function recordTable(source) {
  const fields = fieldsOf(source);
  const silent = fields.find(({ meaning }) => meaning === '');
  if (silent !== undefined) throw new Error(`the record's field ${silent.name} has no comment`);
  const rows = fields.map(({ name, meaning }) => `| \`${name}\` | ${meaning.replaceAll('|', '\\|')} |`);
  return ['| field | meaning |', '| --- | --- |', ...rows].join('\n');
}

/** Four spaces in front are a field, six are one of the group that began last and has no comment of its own. */
function fieldsOf(source) {
  const body = /export function renderRecord[^]*?\n}/.exec(source)[0];
  const fields = [...body.matchAll(/^( {4}(?: {2})?)(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n\1)?(\w+):( \{$)?/gm)];
  let group = '';
  return fields.flatMap(([, indent, comment = '', name, isGroup]) => {
    if (isGroup !== undefined) group = name;
    if (isGroup !== undefined) return [];
    const path = indent.length === 6 ? `${group}.${name}` : name;
    return [{ name: path, meaning: comment.replace(/\s*\n\s*\* ?/g, ' ').trim() }];
  });
}
