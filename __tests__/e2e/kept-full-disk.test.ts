import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { KeptBuilder } from './kept-builder.js';
import { KeptStage, PLACES } from './kept-stage.js';
import { mountDisk, resizeDisk, testOnDisk, unmountDisk } from './memory-disk.js';

let builder: KeptBuilder;

beforeAll(async () => {
  builder = await KeptBuilder.build({
    both: 'mkdir out; head -c 60000000 /dev/urandom > out/large; cp in.txt out/small',
    small: 'mkdir out; cp in.txt out/small',
  });
});
afterAll(() => builder.close());

/** On a machine whose cache folder is a disk of its own. */
async function onDisk(
  kind: (typeof PLACES)[number],
  size: string,
  play: (stage: KeptStage, disk: string) => Promise<void>,
): Promise<void> {
  const stage = await KeptStage.open(kind);
  const disk = stage.scene.cacheOf('own');
  try {
    mountDisk(disk, size);
    await play(stage, disk);
  } finally {
    unmountDisk(disk);
    await stage.close();
  }
}

async function saveElsewhere(stage: KeptStage, name: string): Promise<void> {
  await builder.furnish(stage, name, { built: [name] });
  expect((await stage.save(name)).log).toContain('saved 1 result');
}

const HIT = { result: 'hit', warnings: [] };

describe.each(PLACES)('%s', (kind) => {
  testOnDisk('a save for which no space is left says so, keeps what was kept, and is made up for', () =>
    onDisk(kind, '100m', async (stage, disk) => {
      await saveElsewhere(stage, 'small');
      // In the local cache it fits, but not its pack beside it.
      await builder.furnish(stage, 'own', { built: ['both'] });
      const { exitCode, annotations } = await stage.save('own');
      const message = expect.stringMatching(/^nothing was saved: no space is left in \S*\/own /);
      expect([exitCode, annotations]).toEqual([0, [expect.objectContaining({ message })]]);
      expect([stage.scratchOf('own'), stage.scene.notes('own').length]).toEqual([[], 1]);
      expect(await builder.rerun(stage, 'small')).toEqual(HIT);
      resizeDisk(disk, '400m');
      expect((await stage.save('own')).log).toContain('saved 1 result');
      expect(await builder.rerun(stage, 'both')).toEqual(HIT);
    }),
  );

  testOnDisk('a hit for which no space is left is built', () =>
    onDisk(kind, '48m', async (stage) => {
      await saveElsewhere(stage, 'both');
      await saveElsewhere(stage, 'small'); // A blob of it is in the pack of the large one.
      const machine = builder.freshMachine(stage, 'own');
      const warnings = [/no space is left/, /the cache may use/].map((words) => expect.stringMatching(words));
      expect(await builder.rerun(stage, 'small', machine)).toEqual({ result: 'built', warnings });
      expect(await builder.rerun(stage, 'small')).toEqual(HIT);
    }),
  );
});
