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

/** Memories of gangs that failed, into which nobody writes any more. */
const quietMemories = new WeakSet<object>();

/** Says that every rank of a gang that failed has left its memory. */
export function markQuiet(memory: object): void {
  quietMemories.add(memory);
}

/** Whether that was said since the memory was last asked about. */
export function takeQuiet(memory: object): boolean {
  return quietMemories.delete(memory);
}
