/** The house as a table: a room, what it does, whom it may import. Root files are for all, so they are not told. */
export function houseTable(house, rootFiles) {
  const rows = Object.entries(house).map(([room, { does, imports }]) => {
    const rooms = imports.filter((name) => !rootFiles.includes(name));
    return `| \`${room}/\` | ${does} | ${rooms.join(', ')} |`;
  });
  return ['| folder | does | may import |', '| --- | --- | --- |', ...rows].join('\n');
}
