/**
 * Fails where the house (`house.js`) is not what src/ is: a folder that it does not tell of, a room that is gone, an
 * import that it allows and nobody writes. What is written and not allowed is for eslint to say.
 * `node scripts/check-house.js [FOLDER]`
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { importsByRoom } from './house/room-imports.js';

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
const { house } = await import(join(root, 'scripts/house.js'));
const actual = importsByRoom(join(root, 'src'));

const untold = [...actual.keys()].filter((room) => !(room in house)).map((room) => `src/${room} has no room`);
const gone = Object.keys(house)
  .filter((room) => !actual.has(room))
  .map((room) => `there is no src/${room}`);
const unused = Object.entries(house).flatMap(([room, { imports }]) =>
  imports.filter((name) => actual.get(room)?.has(name) === false).map((name) => `${room} imports no ${name}`),
);

const faults = [...untold, ...gone, ...unused];
for (const fault of faults) console.error(`scripts/house.js: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
