import { Fault } from '../../errors.js';

/** Files of the checkout are not what they were digested as: they have changed since, or what was remembered is wrong. */
export class ChangedInputs extends Fault {
  /** @param paths relative to the workspace */
  constructor(readonly paths: readonly [string, ...string[]]) {
    const more = paths.length === 1 ? '' : ` (and ${paths.length - 1} more)`;
    super(`${paths[0]}${more} changed while it was read`, {
      remedy: 'Let nothing write to the checkout while the build starts, or leave the file out by `inputs`.',
    });
  }
}
