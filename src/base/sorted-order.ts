/**
 * Sorting scores exactly: by radix on the order-preserving integer key of a double (sign bit flipped for
 * positive numbers, all bits for negative ones), 16 bits a pass, passes that decide nothing left out.
 */

const numDigits = 65536;

/** The positions of the scores in ascending order; equal scores keep their order. No score may be NaN. */
export function sortedOrder(scores: Float64Array): Uint32Array {
  const numRows = scores.length;
  const keys = orderKeys(scores);
  let order = new Uint32Array(numRows);
  let spare = new Uint32Array(numRows);
  for (let i = 0; i < numRows; i++) order[i] = i;
  const starts = new Uint32Array(numDigits);
  for (let pass = 0; pass < 4; pass++) {
    const word = pass >> 1;
    const shift = (pass & 1) * 16;
    if (countDigits(keys, word, shift, starts)) continue;
    for (let i = 0; i < numRows; i++) {
      const row = order[i] as number;
      const digit = ((keys[2 * row + word] as number) >>> shift) & 0xffff;
      const place = starts[digit] as number;
      starts[digit] = place + 1;
      spare[place] = row;
    }
    [order, spare] = [spare, order];
  }
  return order;
}

/** Low and high word of each key, low first. */
function orderKeys(scores: Float64Array): Uint32Array {
  const keys = new Uint32Array(2 * scores.length);
  const value = new Float64Array(1);
  const words = new Uint32Array(value.buffer);
  for (let i = 0; i < scores.length; i++) {
    value[0] = scores[i] as number;
    const high = words[1] as number;
    const isNegative = high >>> 31 === 1;
    keys[2 * i] = isNegative ? ~(words[0] as number) : (words[0] as number);
    keys[2 * i + 1] = isNegative ? ~high : high ^ 0x80000000;
  }
  return keys;
}

/** Fills in where each digit's rows begin; true when all rows share one digit. */
function countDigits(keys: Uint32Array, word: number, shift: number, starts: Uint32Array): boolean {
  const numRows = keys.length >> 1;
  starts.fill(0);
  for (let i = 0; i < numRows; i++) {
    const digit = ((keys[2 * i + word] as number) >>> shift) & 0xffff;
    starts[digit] = (starts[digit] as number) + 1;
  }
  let begin = 0;
  for (let digit = 0; digit < numDigits; digit++) {
    const count = starts[digit] as number;
    if (count === numRows) return true;
    starts[digit] = begin;
    begin += count;
  }
  return false;
}
