// The thread of a LinkProxy: takes connections and passes their bytes on after a fixed time, in both directions.
import { connect, createServer } from 'node:net';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';

const { delayMs, bytesPerMs } = workerData;
try {
  // this thread alone: a real link does not wait until those who compute leave it a core
  setPriority(-15);
} catch {
  // only the administrator may; without it the link is slower while more processes compute than there are cores
}
const pending = []; // { due, deliver }, by due
const nap = new Int32Array(new SharedArrayBuffer(4));
let isWatching = false;

// A timer of Node is up to a millisecond late; short naps are not, and leave the cores to those who compute.
function watch() {
  while (pending.length > 0 && pending[0].due <= performance.now()) pending.shift().deliver();
  isWatching = pending.length > 0;
  if (!isWatching) return;
  const left = pending[0].due - performance.now();
  if (left > 0) Atomics.wait(nap, 0, 0, Math.min(0.1, left));
  setImmediate(watch);
}

function later(due, deliver) {
  let at = pending.length;
  while (at > 0 && pending[at - 1].due > due) at -= 1;
  pending.splice(at, 0, { due, deliver });
  if (!isWatching) {
    isWatching = true;
    setImmediate(watch);
  }
}

function pipe(from, to) {
  let freeAt = 0;
  from.on('data', (chunk) => {
    const now = performance.now();
    freeAt = Math.max(freeAt, now) + (bytesPerMs === 0 ? 0 : chunk.length / bytesPerMs);
    later(freeAt + delayMs, () => to.write(chunk));
  });
  from.on('end', () => later(Math.max(freeAt, performance.now()) + delayMs, () => to.end()));
  from.on('close', () => later(performance.now() + delayMs, () => to.destroySoon()));
  from.on('error', () => from.destroy());
  from.setNoDelay(true);
}

parentPort.on('message', ({ id, host, port }) => {
  const server = createServer((near) => {
    const far = connect(port, host);
    pipe(near, far);
    pipe(far, near);
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage({ id, port: server.address().port }));
});
