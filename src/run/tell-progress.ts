import type { Log } from '../machine.js';
import { TransferProgress } from '../remote/transfer/progress.js';
import { transferWords } from '../report/run/transfer-words.js';

/** Shows how far a transfer is while it lasts. */
export function tellProgress(log: Log, what: string): TransferProgress {
  return new TransferProgress((state) => log.progress(`${what}: ${transferWords(state)}`));
}
