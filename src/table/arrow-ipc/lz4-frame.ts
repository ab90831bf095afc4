/**
 * Decodes LZ4 frames, as Arrow files use them. The bytes may be anything: what does not decode to exactly
 * the promised size is refused, and nothing outside the two buffers is touched.
 *
 *   frame: magic | flags, block size | [content size] | checksum byte | blocks | 0 | [checksum]
 *   block: uint32 size, top bit set when stored as it is | bytes | [checksum]
 *
 * Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md
 */
import { notArrow } from './ipc-messages.ts';

const frameMagic = 0x184d2204;

/** The content of a frame. @throws CoppiceError `FILE_FORMAT` */
export function decodeLz4Frame(source: Uint8Array, size: number): Uint8Array {
  // No byte of a block stands for more than 255 of its content.
  if (size > source.length * 255) throw corrupt();
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const output = new Uint8Array(size);
  if (source.length < 7 || view.getUint32(0, true) !== frameMagic) throw corrupt();
  const flags = source[4] as number;
  const hasBlockChecksum = (flags & 16) !== 0;
  const hasContentSize = (flags & 8) !== 0;
  const hasDictionary = (flags & 1) !== 0;
  if (flags >> 6 !== 1 || hasDictionary) throw corrupt();
  let from = 7 + (hasContentSize ? 8 : 0);
  let to = 0;
  for (;;) {
    if (from + 4 > source.length) throw corrupt();
    const head = view.getUint32(from, true);
    from += 4;
    if (head === 0) break;
    const length = head & 0x7fffffff;
    if (from + length > source.length) throw corrupt();
    const block = source.subarray(from, from + length);
    if (head >>> 31 === 0) to = decodeBlock(block, output, to);
    else {
      if (to + length > size) throw corrupt();
      output.set(block, to);
      to += length;
    }
    from += length + (hasBlockChecksum ? 4 : 0);
  }
  if (to !== size) throw corrupt();
  return output;
}

function decodeBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let from = 0;
  let to = start;
  const longer = (length: number): number => {
    let total = length;
    for (let byte = 255; byte === 255; total += byte) {
      if (from >= block.length) throw corrupt();
      byte = block[from++] as number;
    }
    return total;
  };
  while (from < block.length) {
    const token = block[from++] as number;
    const literals = token >> 4 === 15 ? longer(15) : token >> 4;
    if (from + literals > block.length || to + literals > output.length) throw corrupt();
    output.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.length) return to;
    if (from + 2 > block.length) throw corrupt();
    const distance = (block[from] as number) | ((block[from + 1] as number) << 8);
    from += 2;
    const match = ((token & 15) === 15 ? longer(15) : token & 15) + 4;
    if (distance === 0 || distance > to || to + match > output.length) throw corrupt();
    if (distance >= match) output.copyWithin(to, to - distance, to - distance + match);
    else for (let i = 0; i < match; i++) output[to + i] = output[to + i - distance] as number;
    to += match;
  }
  return to;
}

function corrupt(): Error {
  return notArrow('its compressed data are corrupt');
}
