/**
 * How do leaves come back from the device? With as few bytes a row as their numbers need: at ten million rows and 256
 * leaves that is 10 MB a tree instead of 40. Each rank then widens those of its own rows.
 */

/** Bytes of a packed number. */
export type LeafBytes = 1 | 2 | 4;

/** Bytes that numbers below `numLeaves` need, with one more for rows of no leaf where there are some. */
export function leafBytes(numLeaves: number, hasOthers: boolean): LeafBytes {
  const numbers = numLeaves + (hasOthers ? 1 : 0);
  if (numbers <= 2 ** 8) return 1;
  return numbers <= 2 ** 16 ? 2 : 4;
}

/** What rows of no leaf have, packed. */
export function packedOthers(bytes: LeafBytes): number {
  return 2 ** (8 * bytes) - 1;
}

/** Where packed numbers are, and which of them are wanted where. */
export interface PackedLeaves {
  readonly memory: WebAssembly.Memory;
  readonly packed: number;
  readonly bytes: 1 | 2;
  /** Rows [start, start + count) of the process. */
  readonly start: number;
  readonly count: number;
  /** Address of uint32 by row. */
  readonly leafOf: number;
  /** What rows of no leaf get; null where all have one. */
  readonly others: number | null;
}

/** Widens them. */
export function widenLeaves(parts: PackedLeaves): void {
  const { memory, packed, bytes, start, count, leafOf, others } = parts;
  const begin = packed + bytes * start;
  const from =
    bytes === 1
      ? new Uint8Array(memory.buffer, begin, count)
      : new Uint16Array(memory.buffer, begin, count);
  const to = new Uint32Array(memory.buffer, leafOf + 4 * start, count);
  if (others === null) {
    for (let row = 0; row < count; row++) to[row] = from[row] as number;
    return;
  }
  const none = packedOthers(bytes);
  for (let row = 0; row < count; row++) {
    const leaf = from[row] as number;
    to[row] = leaf === none ? others : leaf;
  }
}
