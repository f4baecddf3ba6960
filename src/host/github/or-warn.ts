import { messageOf } from '../../errors.js';
import type { Host } from '../host.js';

/** A job that built well does not fail for what comes after it. */
export async function orWarn({ log }: Host, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    log.warn(`${what}: ${messageOf(error)}`);
  }
}
