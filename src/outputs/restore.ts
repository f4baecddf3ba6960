import { mkdir, rmdir, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { BlobFile } from '../cas/file-sink.js';
import { linkOnTheWay } from '../config/linked-folder.js';
import { Fault } from '../errors.js';
import type { Digest } from '../reapi/digest.js';
import type { TreeNode } from '../reapi/merkle.js';
import { rememberBoth, rememberOnly } from './brought.js';
import { type Claim, claimPlace, type ClaimRequest } from './claim.js';
import { explainWriteError } from './explain-write-error.js';
import { Journal } from './journal.js';
import { pathBelow, type PlannedOutput } from './plan.js';
import { replaceOutput } from './replace.js';
import { removeAll, Scratch, sweep } from './scratch.js';
import { lookAtPlace, type Standing } from './standing.js';

export interface RestoreRequest extends ClaimRequest {
  readonly planned: readonly PlannedOutput[];
  /** Makes files of blobs. What it makes is checked; what it cannot give right, it throws for. */
  readonly fetchFiles: (files: readonly BlobFile[], signal: AbortSignal) => Promise<void>;
}

/** What became of that which stood there and is not in the result. */
export interface Restored {
  /** Paths that stayed, for they are not ours, relative to the working directory. */
  readonly kept: readonly string[];
  /** Inputs that the build removed, and that are gone now. */
  readonly removed: readonly string[];
  /** Folders, absolute, that hold what was replaced and could not be removed. */
  readonly left: readonly string[];
}

interface Place extends Claim {
  /** The scratch folder, absolute. */
  readonly scratch: string;
  readonly staged: string;
}

interface Found {
  readonly place: Place;
  readonly standing: Standing;
}

/**
 * Writes outputs into the workspace. Everything is made complete beside its place first; only then is what stood
 * there replaced, all or nothing. What is neither in the result nor ours stays. No symlink is followed on the way.
 *
 * @throws Fault when an output cannot be written, and it says what was replaced: as a rule nothing; UnusableResult when
 * a name or a path of it is longer than the system allows
 */
export async function restoreOutputs(request: RestoreRequest, signal: AbortSignal): Promise<Restored> {
  const journal = new Journal();
  const folders = new Journal();
  const scratch = new Scratch();
  try {
    const places: Place[] = [];
    for (const output of request.planned) {
      places.push(await stage(await claimPlace(request, output), request.workspace, scratch, folders));
    }
    await request.fetchFiles(places.flatMap(filesOf), signal);
    signal.throwIfAborted();
    const found = await lookAtAll(places, request.workspace);
    await replaceAll(found, scratch, journal);
    return { ...whatStayed(found), left: await scratch.remove() };
  } catch (error) {
    const changed = await journal.takeBack();
    if (changed.length > 0) throw explainWriteError(error, changed, await scratch.save());
    await scratch.remove();
    await folders.takeBack();
    throw explainWriteError(error);
  }
}

/** Makes the folders and symlinks of an output in a scratch folder. */
async function stage(claimed: Claim, workspace: string, places: Scratch, folders: Journal): Promise<Place> {
  refuseLinks(workspace, claimed);
  const parent = dirname(claimed.target);
  await makeFolder(parent, folders);
  await sweep(parent);
  const scratch = await places.besideOrIn(claimed.target);
  const staged = places.place(scratch);
  for (const node of claimed.nodes) {
    if (node.kind === 'directory') await mkdir(join(staged, pathBelow(claimed.output, node)));
    if (node.kind === 'symlink') await symlink(node.target, join(staged, pathBelow(claimed.output, node)));
  }
  return { ...claimed, scratch, staged };
}

async function makeFolder(folder: string, folders: Journal): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  folders.note(first, async () => {
    for (let made = folder; made.length >= first.length; made = dirname(made)) await rmdir(made);
  });
}

function refuseLinks(workspace: string, { target, output }: Claim): void {
  const link = linkOnTheWay(workspace, target);
  if (link === undefined) return;
  throw new Fault(
    `the output ${output.path} lies below ${relative(workspace, link)}, which is a symlink, and none is followed to write an output`,
    { remedy: 'Remove the symlink, or name the folder that it leads to as output.' },
  );
}

function filesOf(place: Place): readonly BlobFile[] {
  return place.nodes.flatMap((node) => (node.kind === 'file' ? [new StagedFile(place, node)] : []));
}

/** Its path is put together when it is asked for: of a hundred thousand files they take a hundred megabytes. */
class StagedFile implements BlobFile {
  constructor(
    private readonly place: Place,
    private readonly node: Extract<TreeNode, { kind: 'file' }>,
  ) {}

  get digest(): Digest {
    return this.node.digest;
  }

  get path(): string {
    return join(this.place.staged, pathBelow(this.place.output, this.node));
  }

  get mode(): number {
    return this.node.executable ? 0o777 : 0o666;
  }
}

/** Looks at what stands there only now: to fetch the outputs may have taken long. */
async function lookAtAll(places: readonly Place[], workspace: string): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const place of places) {
    refuseLinks(workspace, place);
    const standing = await lookAtPlace(place);
    refuseToRemove(place, standing);
    found.push({ place, standing });
  }
  return found;
}

async function replaceAll(found: readonly Found[], scratch: Scratch, journal: Journal): Promise<void> {
  // Should this process die in between, the next one still knows all of it as ours.
  for (const { place } of found) await rememberBoth(place.brought, place.output);
  for (const { place, standing } of found) {
    const isPart = place.nodes.length < place.output.nodes.length;
    await replaceOutput({ ...place, standing, isPart }, scratch, journal);
  }
  for (const { place, standing } of found) {
    await rememberOnly(place.brought, place.output);
    for (const path of standing.abandoned) await removeAll(join(place.target, path));
  }
}

/** A folder has to go for a file to take its place; not so with what is somebody's in it. */
function refuseToRemove({ output, target }: Place, { inTheWay }: Standing): void {
  const [first] = inTheWay;
  if (first === undefined) return;
  const more = inTheWay.length > 1 ? ` and ${inTheWay.length - 1} more` : '';
  throw new Fault(
    `the output ${output.path} has a file where the workspace has a folder with ${join(target, first)}${more}, which is not of this build`,
    { remedy: 'Nothing was replaced. Move the folder away, or name another output.' },
  );
}

function whatStayed(found: readonly Found[]): Pick<Restored, 'kept' | 'removed'> {
  const pathsOf = (which: 'kept' | 'removed') =>
    found.flatMap(({ place, standing }) => standing[which].map((path) => join(place.output.path, path)));
  return { kept: pathsOf('kept'), removed: pathsOf('removed') };
}
