import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { download, type DownloadLimits } from '../../../src/tools/buildbox/download.js';
import { inTemporaryFolder } from '../support.js';

const CONTENT = Buffer.alloc(200_000, 'release ');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');
const LIMITS: DownloadLimits = { attempts: 3, firstDelay: 10, deadline: 5000, silence: 300, size: 1_000_000 };

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const whole: Answer = (response) => void response.end(CONTENT);
const status =
  (code: number): Answer =>
  (response) =>
    void response.writeHead(code).end();
/** Announces all and breaks off in the middle. */
const truncated: Answer = (response) => {
  response.writeHead(200, { 'content-length': CONTENT.length });
  response.write(CONTENT.subarray(0, 1000), () => response.destroy());
};
/** Sends some and then nothing more. */
const stalled: Answer = (response) => {
  response.writeHead(200, { 'content-length': CONTENT.length });
  response.write(CONTENT.subarray(0, 1000));
};
const silent: Answer = () => undefined;
const slowButSteady: Answer = (response) => {
  response.writeHead(200, { 'content-length': CONTENT.length });
  const pieces = [0, 1, 2, 3, 4].map((number) => CONTENT.subarray(number * 40_000, (number + 1) * 40_000));
  pieces.forEach((piece, number) =>
    setTimeout(() => (number === 4 ? response.end(piece) : response.write(piece)), number * 150),
  );
};

/** Serves the answers in order, the last one again and again. */
async function withServer<T>(
  answers: readonly Answer[],
  work: (url: string, requests: readonly IncomingMessage[]) => Promise<T>,
): Promise<T> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    (answers[requests.length - 1] ?? answers.at(-1))?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}/buildbox.tgz`, requests);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const never = new AbortController().signal;

describe('a download', () => {
  test.each<[string, readonly Answer[]]>([
    ['at once', [whole]],
    ['after 503', [status(503), whole]],
    ['after 429 and 502', [status(429), status(502), whole]],
    ['after it was cut off', [truncated, whole]],
    ['after it stalled', [stalled, whole]],
    ['after no answer', [silent, whole]],
    ['slowly, but never silent', [slowButSteady]],
  ])('arrives: %s', (_, answers) =>
    inTemporaryFolder((folder) =>
      withServer(answers, async (url, requests) => {
        await download(url, join(folder, 'file'), SHA256, never, LIMITS);
        expect(await readFile(join(folder, 'file'))).toEqual(CONTENT);
        expect(requests).toHaveLength(answers.length);
      }),
    ),
  );

  test.each<[string, readonly Answer[], number, RegExp]>([
    ['503 for ever', [status(503)], 3, /the server answered 503/],
    ['404, which no further attempt mends', [status(404)], 1, /the server answered 404/],
    ['silence for ever', [silent], 3, /was not fetched: .*silent for 0\.3 s/],
    ['cut off for ever', [truncated], 3, /was not fetched: /],
  ])('fails: %s', (_, answers, attempts, message) =>
    inTemporaryFolder((folder) =>
      withServer(answers, async (url, requests) => {
        const failing = download(url, join(folder, 'file'), SHA256, never, LIMITS);
        await expect(failing).rejects.toMatchObject({
          name: 'Fault',
          message: expect.stringMatching(message),
        });
        expect(requests).toHaveLength(attempts);
      }),
    ),
  );

  test('of another file names both hashes, and is not tried again', () =>
    inTemporaryFolder((folder) =>
      withServer([whole], async (url, requests) => {
        const failing = download(url, join(folder, 'file'), 'a'.repeat(64), never, LIMITS);
        await expect(failing).rejects.toThrow(`its SHA-256 is ${SHA256}, expected ${'a'.repeat(64)}`);
        expect(requests).toHaveLength(1);
      }),
    ));

  test('takes a hash in capitals', () =>
    inTemporaryFolder((folder) =>
      withServer([whole], (url) => download(url, join(folder, 'file'), SHA256.toUpperCase(), never, LIMITS)),
    ));

  test('ends with its deadline, however steady it is', () =>
    inTemporaryFolder((folder) =>
      withServer([slowButSteady], async (url) => {
        const failing = download(url, join(folder, 'file'), SHA256, never, {
          ...LIMITS,
          attempts: 1,
          deadline: 200,
        });
        await expect(failing).rejects.toThrow(/was not fetched: it took longer than 0\.2 s/);
      }),
    ));

  test('that is larger than allowed is given up', () =>
    inTemporaryFolder((folder) =>
      withServer([whole], async (url, requests) => {
        const failing = download(url, join(folder, 'file'), SHA256, never, { ...LIMITS, size: 1000 });
        await expect(failing).rejects.toThrow('larger than 1000 bytes');
        expect(requests).toHaveLength(1);
      }),
    ));

  test('ends with an abort, and its reason', () =>
    inTemporaryFolder((folder) =>
      withServer([stalled], async (url, requests) => {
        const controller = new AbortController();
        setTimeout(() => controller.abort(new Error('cancelled on purpose')), 50);
        const failing = download(url, join(folder, 'file'), SHA256, controller.signal, {
          ...LIMITS,
          silence: 5000,
        });
        await expect(failing).rejects.toThrow('cancelled on purpose');
        expect(requests).toHaveLength(1);
      }),
    ));

  test('sends a name and password as a header and shows them nowhere', () =>
    inTemporaryFolder((folder) =>
      withServer([status(403)], async (url, requests) => {
        const secret = `${url.replace('//', '//me:pass%40word@')}?token=hidden`;
        const failing = download(secret, join(folder, 'file'), SHA256, never, LIMITS);
        await expect(failing).rejects.toThrow(`${url} was not fetched: the server answered 403 Forbidden`);
        expect(requests[0]?.headers.authorization).toBe(
          `Basic ${Buffer.from('me:pass@word').toString('base64')}`,
        );
      }),
    ));

  test('takes a % in a password for what it is', () =>
    inTemporaryFolder((folder) =>
      withServer([status(403)], async (url, requests) => {
        const failing = download(
          url.replace('//', '//me:100%@'),
          join(folder, 'file'),
          SHA256,
          never,
          LIMITS,
        );
        await expect(failing).rejects.toThrow('403 Forbidden');
        const pair = Buffer.from('me:100%').toString('base64');
        expect(requests[0]?.headers.authorization).toBe(`Basic ${pair}`);
      }),
    ));

  test.each(['file:///etc/passwd', 'not an address', 'ftp://host/file'])('is not made from %s', (url) =>
    expect(download(url, '/nowhere', SHA256, never, LIMITS)).rejects.toThrow('no http or https address'),
  );
});
