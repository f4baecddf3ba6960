import { InputError } from '../errors.js';
import type { PlatformChoice } from './config.js';

/** The word for what the processor can do, in place of a property. */
const FEATURES = 'isa';

/** What says something to BuildBox or is said by us, in lower case. */
const RESERVED: ReadonlySet<string> = new Set([
  'capability',
  'chrootrootdigest',
  'chroottreedigest',
  'container-image',
  'cpufeatures',
  'inject',
  'isa',
  'network',
  'osfamily',
  'remoteapissocketpath',
  'unixgid',
  'unixuid',
]);

/** Those of them that an input of ours says. */
const INPUTS: ReadonlyMap<string, string> = new Map([
  ['network', 'network'],
  ['unixuid', 'user'],
  ['unixgid', 'user'],
]);

/**
 * Reads `key=value` lines and the word `isa`.
 *
 * @throws InputError
 */
export function parsePlatform(lines: readonly string[]): PlatformChoice {
  const given = lines.filter((line) => line !== FEATURES).map(parseProperty);
  const distinct = new Map(given.map((property) => [property.join('='), property]));
  return { properties: [...distinct.values()], features: lines.includes(FEATURES) };
}

function parseProperty(line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([A-Za-z][A-Za-z0-9_.:-]*)=(.+)$/.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new InputError('platform', line, 'Give key=value, or `isa` for the features of the processor.');
  }
  if (RESERVED.has(name.toLowerCase())) {
    const input = INPUTS.get(name.toLowerCase());
    const remedy = input === undefined ? 'take another name' : `set the input \`${input}\``;
    throw new InputError('platform', line, `The property ${name} says something already; ${remedy}.`);
  }
  return [name, value];
}
