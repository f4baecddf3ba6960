/**
 * A link with a round trip time and a bandwidth, as a TCP proxy in a process of its own.
 *
 * Usage: fork it with UPSTREAM_SOCKET ROUND_TRIP_MS BYTES_PER_SECOND; it sends `{ port }`, and to any message after
 * that what it has carried: `{ up, down, trips }`, in bytes and round trips. It has the delay and the bandwidth of a
 * real link, but not TCP's handshake, slow start or losses: what it shows is the fault of what runs over it.
 */
import { connect, createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Trips } from './trips.js';

const [socket, roundTrip, rate] = process.argv.slice(2);
const delay = Number(roundTrip) / 2;
const bytesPerMillisecond = Number(rate) / 1000;
/** What may wait at a router: a quarter of a second, as is usual, and what is on its way. */
const QUEUE = bytesPerMillisecond * (250 + Number(roundTrip));

/** All connections share the link, each way for itself. */
const free = { up: 0, down: 0 };
const carried = { up: 0, down: 0 };
const trips = new Trips();

/** @param look what sees the bytes at the near end */
function carry(from, to, way, look) {
  const waiting = [];
  let held = 0;
  let timer;
  const deliver = () => {
    timer = undefined;
    const now = performance.now();
    while (waiting.length > 0 && waiting[0].due <= now) {
      const { bytes, end } = waiting.shift();
      if (end) to.end();
      else to.write(bytes);
      if (way === 'down' && !end) look(bytes);
      held -= bytes?.length ?? 0;
    }
    if (from.isPaused() && held < QUEUE) from.resume();
    schedule();
  };
  const schedule = () => {
    if (timer !== undefined || waiting.length === 0) return;
    const pause = waiting[0].due - performance.now();
    timer = pause < 1 ? globalThis.setImmediate(deliver) : globalThis.setTimeout(deliver, Math.floor(pause));
  };
  const put = (bytes, end) => {
    free[way] = Math.max(free[way], performance.now()) + (bytes?.length ?? 0) / bytesPerMillisecond;
    waiting.push({ due: free[way] + delay, bytes, end });
    held += bytes?.length ?? 0;
    if (held >= QUEUE) from.pause();
    schedule();
  };
  from.on('data', (bytes) => {
    carried[way] += bytes.length;
    if (way === 'up') look(bytes);
    put(bytes, false);
  });
  from.on('end', () => put(undefined, true));
  from.on('error', () => to.destroy());
  from.on('close', () => put(undefined, true));
}

const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
  const far = connect({ path: socket, allowHalfOpen: true });
  const { sent, received } = trips.follow();
  carry(near, far, 'up', sent);
  carry(far, near, 'down', received);
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ ...carried, trips: trips.count }));
process.on('disconnect', () => process.exit());
process.on('SIGINT', () => undefined); // Ctrl-C is for the bench, which then ends this.
