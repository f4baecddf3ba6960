import { setTimeout as sleep } from 'node:timers/promises';

/** Another command on the same cache folder, beside the builds. */
export async function runCommand({ words, after }, { product, judgeCommand }) {
  await sleep(after);
  judgeCommand(words, await product.command(words).ended);
  return words.join(' ');
}
