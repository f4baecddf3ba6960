/**
 * Fails where the house (`house.js`) is not what src/ is: a folder that it does not tell of, a room that is gone, an
 * import that it allows and nobody writes. What is written and not allowed is for eslint to say.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { house } from './house.js';
import { importsByRoom } from './room-imports.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const actual = importsByRoom(join(root, 'src'));

const untold = [...actual.keys()].filter((room) => !(room in house)).map((room) => `src/${room} has no room`);
const gone = Object.keys(house).filter((room) => !actual.has(room));
const unused = Object.entries(house).flatMap(([room, { imports }]) =>
  imports.filter((name) => actual.get(room)?.has(name) === false).map((name) => `${room} imports no ${name}`),
);

const faults = [...untold, ...gone.map((room) => `there is no src/${room}`), ...unused];
for (const fault of faults) console.error(`scripts/house.js: ${fault}`);
process.exitCode = faults.length > 0 ? 1 : 0;
