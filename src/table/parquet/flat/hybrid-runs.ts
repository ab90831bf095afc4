/**
 * Reads Parquet's small integers (codes of a dictionary, definition levels): runs of one value, and groups of
 * eight values packed bit by bit, in turn. Input is untrusted.
 *
 *   varint head;  head even: head / 2 times one value of ceil(width / 8) bytes;  head odd: (head >> 1) groups of 8
 */

/** Values wider than this do not fit the reader's word of 32 bits. */
const mostBits = 24;

/** Bytes [start, end) of a page. */
export interface PageBytes {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** True where levels of one bit are a single run of ones, as those of a page without nulls mostly are. */
export function isOneRunOfOnes({ bytes, start, end }: PageBytes, count: number): boolean {
  let head = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    if (at >= end || end > bytes.length || shift > 28) return false;
    const byte = bytes[at++] as number;
    head += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  return head % 2 === 0 && head / 2 >= count && at < end && bytes[at] === 1;
}

/** Writes the first `count` values to `out`; the largest of them, or −1 where there are not so many. */
export function readHybrid(page: PageBytes, width: number, out: Int32Array, count: number): number {
  const { bytes, end } = page;
  if (width > mostBits || end > bytes.length) return -1;
  const valueBytes = (width + 7) >> 3;
  const mask = (1 << width) - 1;
  let at = page.start;
  let done = 0;
  let most = 0;
  while (done < count) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) return -1;
      const byte = bytes[at++] as number;
      head += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    const isPacked = head % 2 === 1;
    const length = isPacked ? (head - 1) * 4 : head / 2;
    const stop = Math.min(count, done + length);
    if (stop === done) return -1;
    if (!isPacked) {
      if (at + valueBytes > end) return -1;
      let value = 0;
      for (let i = 0; i < valueBytes; i++) value |= (bytes[at++] as number) << (8 * i);
      out.fill(value, done, stop);
      if (value > most) most = value;
    } else {
      if (at + Math.ceil(((stop - done) * width) / 8) > end) return -1;
      let word = 0;
      let bits = 0;
      let next = at;
      for (let i = done; i < stop; i++) {
        while (bits < width) {
          word |= (bytes[next++] as number) << bits;
          bits += 8;
        }
        const value = word & mask;
        word >>>= width;
        bits -= width;
        out[i] = value;
        if (value > most) most = value;
      }
      at += (length / 8) * width;
    }
    done = stop;
  }
  return most;
}

/** Rows of which most have one code, and where the others go. */
export interface OtherCodes {
  readonly usual: number;
  /** The row of the first code. */
  readonly firstRow: number;
  readonly rows: Int32Array;
  readonly codes: Int32Array;
  /** How many there are already. */
  readonly done: number;
}

/**
 * Finds the codes that are not the usual one, without a step for each of those: as {@link readHybrid} reads them.
 *
 * @returns how many there are now; −1 where the bytes do not fit, or there are more than `rows` takes
 */
export function readOtherCodes(
  page: PageBytes,
  width: number,
  count: number,
  others: OtherCodes,
): number {
  const { bytes, end } = page;
  if (width > mostBits || end > bytes.length) return -1;
  const { usual, firstRow, rows, codes } = others;
  const valueBytes = (width + 7) >> 3;
  const mask = (1 << width) - 1;
  const room = rows.length;
  let found = others.done;
  let at = page.start;
  let done = 0;
  while (done < count) {
    let head = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) return -1;
      const byte = bytes[at++] as number;
      head += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    const isPacked = head % 2 === 1;
    const length = isPacked ? (head - 1) * 4 : head / 2;
    const stop = Math.min(count, done + length);
    if (stop === done) return -1;
    let word = 0;
    if (!isPacked) {
      if (at + valueBytes > end) return -1;
      for (let i = 0; i < valueBytes; i++) word |= (bytes[at++] as number) << (8 * i);
      if (word !== usual) {
        if (found + stop - done > room) return -1;
        for (let i = done; i < stop; i++) {
          rows[found] = firstRow + i;
          codes[found++] = word;
        }
      }
    } else {
      if (at + Math.ceil(((stop - done) * width) / 8) > end) return -1;
      let bits = 0;
      let next = at;
      for (let i = done; i < stop; i++) {
        while (bits < width) {
          word |= (bytes[next++] as number) << bits;
          bits += 8;
        }
        const code = word & mask;
        word >>>= width;
        bits -= width;
        if (code === usual) continue;
        if (found === room) return -1;
        rows[found] = firstRow + i;
        codes[found++] = code;
      }
      at += (length / 8) * width;
    }
    done = stop;
  }
  return found;
}
