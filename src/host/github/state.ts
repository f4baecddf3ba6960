import * as v from 'valibot';
import { Fault, messageOf } from '../../errors.js';
import * as core from '@actions/core';

/** What main leaves for post. */
const postState = v.strictObject({
  version: v.literal(1),
  /** The folder of the local cache, absolute. */
  cacheDirectory: v.string(),
  /** What names main's lease on the daemon; null when main holds none. */
  lease: v.nullable(v.string()),
});

export type PostState = Readonly<v.InferOutput<typeof postState>>;

const KEY = 'buildbox';

/** Leaves the state for the post step of the same action; a later call replaces what an earlier one left. */
export function saveState(state: PostState): void {
  core.saveState(KEY, JSON.stringify(state));
}

/**
 * What main left; undefined when it ended before it left anything.
 *
 * @throws Fault when it is not a state of this version.
 */
export function loadState(): PostState | undefined {
  const text = core.getState(KEY);
  if (text === '') return undefined;
  try {
    return v.parse(postState, JSON.parse(text));
  } catch (cause) {
    throw new Fault(`the state that the main step left cannot be read: ${messageOf(cause)}`, {
      remedy: 'Main and post have to be of the same version of the action: pin it to a tag or a commit.',
      cause,
    });
  }
}
