/** The emulator of GitHub's cache service in a process of its own: asked over IPC, `[id, method, ...arguments]`. */
import { startCacheService } from '../../__tests__/packs/cache-service.ts';

// Ctrl-C is for the bench, which then closes this.
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => undefined);
const service = await startCacheService();
process.on('message', async ([id, method, ...rest]) => {
  const answer = await service[method](...rest);
  process.send([id, answer]);
  if (method === 'close') process.disconnect();
});
process.on('disconnect', () => void service.close());
process.send('ready');
