/**
 * The memory that kernels work in, as types that users see mention it: a WebAssembly.Memory, whose own type TypeScript
 * keeps in the browser's library, which a project for Node may leave out.
 */
export interface KernelMemory {
  /** Its bytes now; another object after it has grown. */
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  /** Adds pages of 64 KiB; gives how many there were. */
  grow(pages: number): number;
}
