/**
 * Sorts numbers by their bits, eleven at a time from the lowest (a radix sort): a sample of 200,000 is sorted some
 * eight times as fast as by comparisons. Negative numbers have their bits flipped, so that the order of the
 * bits is the order of the numbers, −0 before 0. Whole numbers of a small range are counted instead.
 */

const digitBits = 11;
const numDigits = 1 << digitBits;
const mask = numDigits - 1;
/** Below so many numbers the counters cost more than comparisons do. */
const fewNumbers = 2048;
/** Whole numbers that span no more than this are counted. */
const mostWholes = 65_536;

/** So many numbers a thread sorts by comparisons: until it has warmed up the loops below, they are slower. */
const mostCompared = 65_536;
let numCompared = 0;

/** The numbers ascending, in a new array or in place. @param values without NaN */
export function sortNumbers<A extends Float32Array | Float64Array>(values: A): A {
  if (values.length < fewNumbers) return values.sort() as A;
  const range = wholeRange(values);
  if (range !== null) return countWholes(values, range);
  if (numCompared < mostCompared) {
    numCompared += values.length;
    return values.sort() as A;
  }
  return (values instanceof Float32Array ? sortFloat32(values) : sortFloat64(values)) as A;
}

/** Least and largest value where all are whole numbers that lie close together, as of years or minutes; else null. */
function wholeRange(values: Float32Array | Float64Array): readonly [number, number] | null {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    // −0 is no whole number here: counted, it would come back as 0
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) return null;
    if (value < least) least = value;
    if (value > most) most = value;
    if (most - least >= mostWholes) return null;
  }
  return [least, most];
}

function countWholes<A extends Float32Array | Float64Array>(
  values: A,
  [least, most]: readonly [number, number],
): A {
  const counts = new Uint32Array(most - least + 1);
  for (let i = 0; i < values.length; i++) {
    const at = (values[i] as number) - least;
    counts[at] = (counts[at] as number) + 1;
  }
  const sorted = new (values.constructor as new (length: number) => A)(values.length);
  let at = 0;
  for (let i = 0; i < counts.length; i++) {
    const end = at + (counts[i] as number);
    sorted.fill(least + i, at, end);
    at = end;
  }
  return sorted;
}

function sortFloat32(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let keys = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i] as number;
    keys[i] = word ^ ((word >> 31) | 0x80000000);
  }
  let spare = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += digitBits) {
    const starts = digitStarts(keys, shift);
    if (starts === null) continue;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as number;
      const digit = (key >>> shift) & mask;
      const at = starts[digit] as number;
      starts[digit] = at + 1;
      spare[at] = key;
    }
    [keys, spare] = [spare, keys];
  }
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as number;
    keys[i] = key ^ ((~key >> 31) | 0x80000000);
  }
  return new Float32Array(keys.buffer);
}

function sortFloat64(values: Float64Array): Float64Array {
  const n = values.length;
  const bits = new Uint32Array(values.buffer, values.byteOffset, 2 * n);
  let low = new Uint32Array(n);
  let high = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const top = bits[2 * i + 1] as number;
    const flip = top >> 31;
    low[i] = (bits[2 * i] as number) ^ flip;
    high[i] = top ^ (flip | 0x80000000);
  }
  let spareLow = new Uint32Array(n);
  let spareHigh = new Uint32Array(n);
  for (let pass = 0; pass < 6; pass++) {
    const keys = pass < 3 ? low : high;
    const shift = (pass % 3) * digitBits;
    const starts = digitStarts(keys, shift);
    if (starts === null) continue;
    for (let i = 0; i < n; i++) {
      const digit = ((keys[i] as number) >>> shift) & mask;
      const at = starts[digit] as number;
      starts[digit] = at + 1;
      spareLow[at] = low[i] as number;
      spareHigh[at] = high[i] as number;
    }
    [low, spareLow] = [spareLow, low];
    [high, spareHigh] = [spareHigh, high];
  }
  const sorted = new Uint32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const top = high[i] as number;
    const flip = ~top >> 31;
    sorted[2 * i] = (low[i] as number) ^ flip;
    sorted[2 * i + 1] = top ^ (flip | 0x80000000);
  }
  return new Float64Array(sorted.buffer);
}

/** Where the numbers of each digit begin, or null where all have the same one. */
function digitStarts(keys: Uint32Array, shift: number): Uint32Array | null {
  const starts = new Uint32Array(numDigits);
  for (let i = 0; i < keys.length; i++) {
    const digit = ((keys[i] as number) >>> shift) & mask;
    starts[digit] = (starts[digit] as number) + 1;
  }
  let sum = 0;
  for (let digit = 0; digit < numDigits; digit++) {
    const count = starts[digit] as number;
    if (count === keys.length) return null;
    starts[digit] = sum;
    sum += count;
  }
  return starts;
}
