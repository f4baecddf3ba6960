import { createHash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Corpus } from './corpus.js';

const CHURN = 0.05;
const DAY = 86_400_000;

/** How long results are kept in each of our columns, one run a day; the default, and one that makes much dead. */
export const SETTINGS = [
  { name: 'two weeks', key: 'two weeks', maxAge: 14 * DAY },
  { name: 'three days', key: 'three days', maxAge: 3 * DAY },
];

const REF = 'refs/heads/main';
const QUOTA = 4_000_000_000;

/**
 * Plays one run a day of a build whose results are kept, in each of our settings and as tarballs. A run is a job on a
 * fresh machine that builds, and then saves.
 *
 * @returns by way, what each run took: `{ changes, tarball: { restores, saves }, kept: Map<setting, saves>, corpus }`
 */
export async function growCaches(jobs, { root, service, bytes, runs, progress }) {
  const corpus = new Corpus(join(root, 'casd'), 'growth');
  corpus.fill(bytes);
  const changes = [];
  const tarball = { restores: [], saves: [] };
  const kept = new Map(SETTINGS.map(({ name }) => [name, []]));
  const end = Date.now();
  const timeOf = (run) => end - (runs - 1 - run) * DAY;
  for (let run = 0; run < runs; run++) {
    if (run > 0) tarball.restores.push(await restoreTarball(jobs, corpus, run));
    changes.push(run === 0 ? undefined : corpus.churn(CHURN));
    const saves = [
      async () => {
        tarball.saves.push(await jobs.tarball('save', corpus.root, 'tarball-', `tarball-${run}`));
        await service.evict(`tarball-${run - 1}`); // Nobody will want it, and disks are small.
      },
      ...SETTINGS.map((setting) => async () => {
        kept.get(setting.name).push(await jobs.kept(saveRequest(corpus, setting, run, timeOf(run))));
      }),
    ];
    // Who comes first finds the files less warm.
    for (let turn = 0; turn < saves.length; turn++) await saves[(turn + run) % saves.length]();
    progress(`run ${run + 1} of ${runs}`);
  }
  return { changes, tarball, kept, corpus };
}

/** A fresh machine that wants everything: our packs with what is dead in them beside the tarball. */
export async function restoreEverything(jobs, { root, runs }, corpus) {
  const restored = new Map();
  for (const setting of SETTINGS) {
    const target = join(root, 'restored');
    const request = { do: 'restore', key: setting.key, ref: REF, root: target, action: actionOf(runs - 1) };
    restored.set(setting.name, await jobs.kept(request));
    expectFiles(readdirSync(target).length, corpus);
    rmSync(target, { recursive: true });
  }
  return { kept: restored, tarball: await restoreTarball(jobs, corpus, runs) };
}

/** A save of a result of its own, as kept-job.js takes it. */
export function saveRequest(corpus, { key, maxAge }, run, now) {
  return {
    do: 'save',
    key,
    ref: REF,
    root: corpus.root,
    action: actionOf(run),
    digests: corpus.digests,
    limits: { maxAge, quota: QUOTA },
    now,
  };
}

function actionOf(run) {
  return { hash: createHash('sha256').update(`run ${run}`).digest('hex'), sizeBytes: 150 };
}

async function restoreTarball(jobs, corpus, run) {
  rmSync(corpus.root, { recursive: true });
  const restored = await jobs.tarball('restore', corpus.root, 'tarball-', `tarball-${run}`);
  expectFiles(
    readdirSync(corpus.root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
      .length,
    corpus,
  );
  return restored;
}

function expectFiles(found, { digests }) {
  if (found !== digests.length) throw new Error(`${digests.length} files were kept, and ${found} came back`);
}
