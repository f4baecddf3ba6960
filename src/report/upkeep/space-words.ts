import { formatBytes } from '../format-quantity.js';
import { printable } from '../printable.js';

/** Why the cache gets less than its quota, in one line. All sizes in bytes. */
export function smallDisk(found: {
  readonly mount: string;
  readonly free: number;
  readonly held: number;
  readonly quota: number;
  readonly allotted: number;
}): string {
  const held = found.held > 0 ? ` beside the ${formatBytes(found.held)} that the cache holds` : '';
  return (
    `the disk at ${printable(found.mount)} has ${formatBytes(found.free)} free${held}: ` +
    `the cache may use ${formatBytes(found.allotted)}, less than its \`cache-quota\` of ${formatBytes(found.quota)}. ` +
    'Free space there, or set `cache-dir` to a folder on a larger disk.'
  );
}

/** Why the folder may grow above its quota, in one line. All sizes in bytes. */
export function crowdedFolder(found: {
  readonly folder: string;
  readonly own: number;
  readonly quota: number;
}): string {
  return (
    `${printable(found.folder)} holds ${formatBytes(found.own)} beside the cached results (BuildBox, and what is remembered ` +
    `of files), more than half of its \`cache-quota\` of ${formatBytes(found.quota)}: ` +
    'the results get the other half all the same, so that the folder may grow above it. Raise `cache-quota`.'
  );
}

/** Why a build cannot be done in a cache of this size, and what to do about it. All sizes in bytes. */
export function fullCache(found: {
  readonly quota: number;
  /** What of the quota casd has for blobs. */
  readonly allotted: number;
  /** A blob that is larger than that; 0 where none is. */
  readonly blob: number;
  /** Of the build. */
  readonly inputs: number;
}): { readonly message: string; readonly remedy: string } {
  const { quota, allotted, blob, inputs } = found;
  const need =
    blob > 0
      ? `one file alone has ${formatBytes(blob)}`
      : `its inputs have ${formatBytes(inputs)}, and its outputs need room beside them`;
  const less = allotted < quota ? `, of which ${formatBytes(allotted)} are for results and inputs` : '';
  return {
    message: `the local cache is full: \`cache-quota\` is ${formatBytes(quota)}${less}, and the build needs more: ${need}`,
    remedy:
      'Raise `cache-quota` well above what inputs and outputs have together, or free space on the disk that holds `cache-dir`.',
  };
}
