/** The house as a graph that GitHub draws. Of a room's imports it has those that no way through another room tells. */
export function houseGraph(house) {
  const below = roomsBelow(house);
  const arrows = Object.keys(house).flatMap((room) => {
    const next = roomsOf(house, room);
    const told = new Set(next.flatMap((name) => [...below.get(name)]));
    return next.filter((name) => !told.has(name)).map((name) => `  ${room} --> ${name}`);
  });
  return ['```mermaid', 'graph TD', ...arrows, '```'].join('\n');
}

/** For each room all that stand below it, by any way. */
function roomsBelow(house) {
  const below = new Map();
  const visit = (room, above) => {
    if (above.includes(room)) throw new Error(`the house goes in a circle: ${[...above, room].join(' → ')}`);
    if (!below.has(room)) {
      const next = roomsOf(house, room);
      below.set(room, new Set(next.flatMap((name) => [name, ...visit(name, [...above, room])])));
    }
    return below.get(room);
  };
  for (const room of Object.keys(house)) visit(room, []);
  return below;
}

function roomsOf(house, room) {
  return house[room].imports.filter((name) => name in house);
}
