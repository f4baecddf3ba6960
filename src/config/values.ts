import { InputError } from '../errors.js';

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Bytes of a size such as `4G` or `512Mi`. */
export function parseSize(input: string, value: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*([KMGT]i?|)B?$/.exec(value);
  const bytes = Math.round(Number(match?.[1]) * (SIZE_UNITS[match?.[2] ?? '?'] ?? NaN));
  if (!Number.isSafeInteger(bytes) || bytes <= 0) {
    throw new InputError(input, value, 'Give a size above zero such as 4G, 500M or 2Gi.');
  }
  return bytes;
}

/** Milliseconds of a duration such as `90s` or `1h`. */
export function parseDuration(input: string, value: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|d)$/.exec(value);
  const milliseconds = Math.round(Number(match?.[1]) * (DURATION_UNITS[match?.[2] ?? '?'] ?? NaN));
  if (!Number.isSafeInteger(milliseconds) || milliseconds <= 0) {
    throw new InputError(input, value, 'Give a duration above zero such as 500ms, 90s, 30m or 1h.');
  }
  return milliseconds;
}

/** A whole number above zero. */
export function parseCount(input: string, value: string): number {
  const count = /^[0-9]+$/.test(value) ? Number(value) : NaN;
  if (!Number.isSafeInteger(count) || count <= 0) {
    throw new InputError(input, value, 'Give a whole number above zero.');
  }
  return count;
}

/** The largest number that bubblewrap takes for a user. */
const LARGEST_ID = 2 ** 31 - 1;

/** The numbers of a user and a group, such as `1000:1000`. */
export function parseUser(input: string, value: string): { readonly uid: number; readonly gid: number } {
  const [, uid, gid] = /^([0-9]{1,10}):([0-9]{1,10})$/.exec(value) ?? [];
  if (uid === undefined || gid === undefined || Math.max(Number(uid), Number(gid)) > LARGEST_ID) {
    throw new InputError(
      input,
      value,
      `Give UID:GID, two numbers of at most ${LARGEST_ID}, such as 1000:1000.`,
    );
  }
  return { uid: Number(uid), gid: Number(gid) };
}

export function parseBoolean(input: string, value: string): boolean {
  return oneOf(input, value, ['true', 'false']) === 'true';
}

export function oneOf<Choice extends string>(
  input: string,
  value: string,
  choices: readonly Choice[],
): Choice {
  const choice = choices.find((candidate) => candidate === value);
  if (choice === undefined) throw new InputError(input, value, `Legal values: ${choices.join(', ')}.`);
  return choice;
}

/** The lines that say something, without blanks around them. */
export function parseLines(value: string): readonly string[] {
  return value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
