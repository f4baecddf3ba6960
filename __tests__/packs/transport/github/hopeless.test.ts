import { expect, test } from '@jest/globals';
import { AttemptsWatch } from '../../../../src/packs/transport/github/hopeless.js';
import type { Failure } from '../../../../src/packs/transport/github/protocol.js';

const NO_JSON = `Unexpected token '<', "<html>" is not valid JSON`;
const attempt = (number: number, error: string) =>
  `Attempt ${number} of 5 failed with error: ${error}. Retrying request in 3000 ms...`;
const response = (status: number) => `::debug::[Response] - ${status}`;

/** What comes of these lines; undefined while there is hope. */
async function heard(isQuestion: boolean, lines: readonly string[]): Promise<Failure | undefined> {
  const watch = new AttemptsWatch();
  const hopeless = watch.begin(isQuestion);
  for (const line of lines) watch.hear(line);
  return Promise.race([hopeless, Promise.resolve(undefined)]);
}

test.each<[string, boolean, string[], Failure | undefined]>([
  ['nothing is said', true, [], undefined],
  [
    'a page says no',
    true,
    [response(403), attempt(1, NO_JSON)],
    { is: 'denied', why: 'it refuses us (403)' },
  ],
  [
    'a page says no to a save',
    false,
    [response(403), attempt(1, NO_JSON)],
    { is: 'denied', why: 'it refuses us (403)' },
  ],
  [
    'there is no such page',
    true,
    [response(404), attempt(1, NO_JSON)],
    { is: 'failed', why: 'it answered 404' },
  ],
  ['it is asked too often', true, [response(429), attempt(1, NO_JSON)], undefined],
  ['it is down once', true, [response(503), attempt(1, NO_JSON)], undefined],
  [
    'it is down twice',
    true,
    [response(503), attempt(1, NO_JSON), response(502), attempt(2, NO_JSON)],
    { is: 'failed', why: 'it answered 502' },
  ],
  [
    'it is down twice for a save',
    false,
    [response(503), attempt(1, 'x'), response(503), attempt(2, 'x')],
    undefined,
  ],
  [
    'the last answer was of another attempt',
    true,
    [response(503), attempt(1, NO_JSON), attempt(2, 'socket hang up')],
    { is: 'failed', why: 'no connection (socket hang up)' },
  ],
  ['other lines are said', true, [response(403), 'Attempt 1 of 2', '::debug::x'], undefined],
])('what there is to say when %s', async (_, isQuestion, lines, expected) => {
  expect(await heard(isQuestion, lines)).toEqual(expected);
});

test('what was heard before counts for nothing', async () => {
  const watch = new AttemptsWatch();
  void watch.begin(true);
  watch.hear(response(403));
  const next = watch.begin(true);
  watch.hear(attempt(1, NO_JSON));
  expect(await Promise.race([next, Promise.resolve(undefined)])).toBeUndefined();
});
