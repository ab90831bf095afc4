/**
 * A shared memory that another thread has grown. V8 may leave this thread with the old length where the
 * growth met the memory on its way here (seen on Node 20, once in some hundred gangs); growing by nothing
 * brings it up to date.
 */

/** The memory's bytes, known to this thread at least up to `end`. */
export function freshBuffer(memory: WebAssembly.Memory, end: number): ArrayBufferLike {
  if (memory.buffer.byteLength < end) memory.grow(0);
  return memory.buffer;
}
