/**
 * Gives memory back at once. The collector frees what nobody points at when it likes, and a thread that is handed large
 * buffers allocates nothing that would make it look: they pile up.
 */
import { MessageChannel } from 'node:worker_threads';

/** Frees buffers that nobody will look at again; arrays over them have no elements afterwards. */
export function freeBuffers(buffers: readonly ArrayBuffer[]): void {
  if (buffers.length === 0) return;
  // what a message took along goes with the port that it did not reach
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [...buffers]);
  port2.close();
}
