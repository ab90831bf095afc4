/** Typed views over the whole of a memory, kept while it does not grow: making one costs more than a small node. */

/** Views of a shared memory. */
export class MemoryViews {
  readonly #memory: WebAssembly.Memory;
  buffer: ArrayBuffer | SharedArrayBuffer;
  u8!: Uint8Array;
  u32!: Uint32Array;
  i32!: Int32Array;
  f64!: Float64Array;
  i64!: BigInt64Array;

  constructor(memory: WebAssembly.Memory) {
    this.#memory = memory;
    this.buffer = memory.buffer;
    this.#make();
  }

  /** Called where the memory may have grown. */
  refresh(): void {
    if (this.buffer === this.#memory.buffer) return;
    this.buffer = this.#memory.buffer;
    this.#make();
  }

  #make(): void {
    this.u8 = new Uint8Array(this.buffer);
    this.u32 = new Uint32Array(this.buffer);
    this.i32 = new Int32Array(this.buffer);
    this.f64 = new Float64Array(this.buffer);
    this.i64 = new BigInt64Array(this.buffer);
  }
}
