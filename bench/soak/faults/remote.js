import { setTimeout as sleep } from 'node:timers/promises';

/** Has the remote end, die or say nothing for a while, and come back. */
export async function disturbRemote({ how, after, hold }, { remote }) {
  await sleep(after);
  if (how === 'SIGSTOP') {
    remote.signal(how);
    await sleep(hold);
    remote.signal('SIGCONT');
  } else {
    await remote.end(how);
    await sleep(hold);
    await remote.start();
  }
  return remote.folder;
}
