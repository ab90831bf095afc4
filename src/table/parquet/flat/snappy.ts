/**
 * Undoes Snappy's compression of a block: a length, then literals and copies of what came before. Input is
 * untrusted: what does not add up to the length that was announced is no block.
 *
 * Format: https://github.com/google/snappy/blob/main/format_description.txt
 */

/**
 * The bytes of a block that must have `length` bytes; null where it is broken. Copies of zeros cost nothing, however many.
 *
 * @param out where they go: zeros, `length` of them
 */
export function unsnappy(
  block: Uint8Array,
  length: number,
  out: Uint8Array = new Uint8Array(length),
): Uint8Array | null {
  let at = 0;
  let announced = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = block[at++];
    if (byte === undefined || at > 5) return null;
    announced += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (announced !== length) return null;
  let to = 0;
  // out[zeros, to) holds nothing but zeros
  let zeros = 0;
  while (at < block.length) {
    const tag = block[at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const numBytes = count - 60;
        if (at + numBytes > block.length) return null;
        count = littleEndian(block, at, numBytes) + 1;
        at += numBytes;
      }
      if (at + count > block.length || to + count > length) return null;
      if (count > 32) out.set(block.subarray(at, at + count), to);
      else for (let i = 0; i < count; i++) out[to + i] = block[at + i] as number;
      at += count;
      zeros = lastZeros(out, to, to + count, zeros);
      to += count;
      continue;
    }
    const numBytes = kind === 3 ? 4 : kind;
    if (at + numBytes > block.length) return null;
    const low = littleEndian(block, at, numBytes);
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = kind === 1 ? ((tag >> 5) << 8) | low : low;
    at += numBytes;
    if (back === 0 || back > to || to + count > length) return null;
    if (to - back < zeros) {
      // a copy may reach into what it writes, so it goes byte by byte
      for (let i = 0; i < count; i++) out[to + i] = out[to + i - back] as number;
      zeros = lastZeros(out, to, to + count, zeros);
    }
    to += count;
  }
  return to === length ? out : null;
}

/** Where the zeros before `end` begin, of which those before `start` begin at `known`. */
function lastZeros(out: Uint8Array, start: number, end: number, known: number): number {
  let at = end;
  while (at > start && out[at - 1] === 0) at -= 1;
  return at > start ? at : known;
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] as number);
  return value;
}
