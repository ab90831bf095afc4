// Where is a column of numbers cut into bins? Sorts a sample, counts its distinct values, and cuts between them; the rule
// is told in src/binning/bin-edges.ts.
//
//   values   float64[1 + count]: the sample behind a place that is left free; it holds the distinct values afterwards
//   scratch  8 · count + 8200 bytes (4 · count + 8 where the sample is sorted); it holds their counts, uint32 each

const digitBits: u32 = 11;
const numDigits: usize = 2048;
const topBit: u64 = 0x8000000000000000;
/** Three tables of counters take the room of so many values. */
const fewNarrow: usize = 3072;

/** Distinct values so far, and zeros of the sample that were left out of it and have not come yet. */
let numDistinct: usize = 0;
let restZeros: u32 = 0;

/**
 * Writes at most maxBins − 1 ascending edges (float64) and returns how many. No value is NaN; zeros may be left out, all of
 * them, and told by their number.
 */
export function cutNumbers(
  values: usize, count: i32, isSorted: i32, numZeros: i32, isFloat32: i32, maxBins: i32, scratch: usize, edges: usize,
): i32 {
  numDistinct = 0;
  restZeros = numZeros;
  const n = <usize>count;
  if (isSorted || !countWholes(values, n, scratch)) {
    if (!isSorted) {
      if (isFloat32 && n >= fewNarrow) sortNarrow(values + 8, n, scratch);
      else sortByBits(values + 8, n, scratch);
    }
    countSorted(values, n, scratch);
  }
  if (restZeros > 0) addZeros(values, scratch);
  const last = <i32>numDistinct - 1;
  if (last < 1) return 0;
  if (last < maxBins) {
    for (let i = 0; i < last; i++) store<f64>(edges + (<usize>i << 3), edgeBehind(values, i, isFloat32));
    return last;
  }
  return cutGreedily(values, scratch, <f64>count + <f64>numZeros, maxBins, isFloat32, edges);
}

function addDistinct(values: usize, counts: usize, value: f64, count: u32): void {
  // −0 and 0 are one value
  store<f64>(values + (numDistinct << 3), value + 0.0);
  store<u32>(counts + (numDistinct << 2), count);
  numDistinct += 1;
}

function addZeros(values: usize, counts: usize): void {
  addDistinct(values, counts, 0.0, restZeros);
  restZeros = 0;
}

/** Counts whole numbers that span no more than twice as many; false where there are others. */
function countWholes(values: usize, n: usize, counts: usize): bool {
  if (n == 0) return false;
  let least = Infinity;
  let most = -Infinity;
  const end = values + (n << 3);
  for (let p = values; p < end; p += 8) {
    const value = load<f64>(p, 8);
    if (nearest(value) != value) return false;
    least = min(least, value);
    most = max(most, value);
  }
  if (!(most - least <= 2.0 * <f64>n)) return false;
  const span = <usize>(most - least);
  // the place before the table is free, for a value may come between
  const table = counts + 4;
  memory.fill(table, 0, (span + 1) << 2);
  for (let p = values; p < end; p += 8) {
    const at = table + (<usize>(load<f64>(p, 8) - least) << 2);
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let i: usize = 0; i <= span; i++) {
    const count = load<u32>(table + (i << 2));
    if (!count) continue;
    const value = least + <f64>i;
    if (restZeros > 0 && value > 0) addZeros(values, counts);
    addDistinct(values, counts, value, count);
  }
  return true;
}

function countSorted(values: usize, n: usize, counts: usize): void {
  let i: usize = 0;
  while (i < n) {
    const value = load<f64>(values + (i << 3), 8);
    const first = i;
    do i++; while (i < n && load<f64>(values + (i << 3), 8) == value);
    if (restZeros > 0 && value > 0) addZeros(values, counts);
    addDistinct(values, counts, value, <u32>(i - first));
  }
}

/** Sorts float64 values by their bits, of which those of negative ones are flipped, eleven at a time from the lowest. */
function sortByBits(values: usize, n: usize, scratch: usize): void {
  const bytes = n << 3;
  for (let p = values; p < values + bytes; p += 8) {
    const bits = load<u64>(p);
    store<u64>(p, bits ^ (<u64>(<i64>bits >> 63) | topBit));
  }
  const starts = scratch + bytes;
  let from = values;
  let to = scratch;
  for (let shift: u64 = 0; shift < 64; shift += digitBits) {
    if (!digitStarts(from, n, shift, starts)) continue;
    for (let p = from; p < from + bytes; p += 8) {
      const key = load<u64>(p);
      const start = starts + (<usize>((key >> shift) & (numDigits - 1)) << 2);
      const at = load<u32>(start);
      store<u32>(start, at + 1);
      store<u64>(to + (<usize>at << 3), key);
    }
    const spare = from;
    from = to;
    to = spare;
  }
  for (let i: usize = 0; i < bytes; i += 8) {
    const key = load<u64>(from + i);
    store<u64>(values + i, key ^ (<u64>(<i64>~key >> 63) | topBit));
  }
}

// The same of values that are float32: words of half the size, three digits, all of which are counted in one pass.
function sortNarrow(values: usize, n: usize, scratch: usize): void {
  const bytes = n << 2;
  let from = scratch;
  let to = scratch + bytes;
  for (let i: usize = 0; i < n; i++) {
    const bits = reinterpret<u32>(<f32>load<f64>(values + (i << 3)));
    store<u32>(from + (i << 2), bits ^ (<u32>(<i32>bits >> 31) | 0x80000000));
  }
  // the values are not needed until they are written back
  const starts = values;
  memory.fill(starts, 0, 3 * (numDigits << 2));
  for (let p = from; p < from + bytes; p += 4) {
    const key = load<u32>(p);
    countDigit(starts, key);
    countDigit(starts + (numDigits << 2), key >> digitBits);
    countDigit(starts + (numDigits << 3), key >> (2 * digitBits));
  }
  for (let digit: u32 = 0; digit < 3; digit++) {
    const table = starts + <usize>digit * (numDigits << 2);
    if (!sumUp(table, n)) continue;
    const shift = digit * digitBits;
    for (let p = from; p < from + bytes; p += 4) {
      const key = load<u32>(p);
      const start = table + (<usize>((key >> shift) & <u32>(numDigits - 1)) << 2);
      const at = load<u32>(start);
      store<u32>(start, at + 1);
      store<u32>(to + (<usize>at << 2), key);
    }
    const spare = from;
    from = to;
    to = spare;
  }
  for (let i: usize = 0; i < n; i++) {
    const key = load<u32>(from + (i << 2));
    store<f64>(values + (i << 3), <f64>reinterpret<f32>(key ^ (<u32>(<i32>~key >> 31) | 0x80000000)));
  }
}

// @ts-ignore: decorator
@inline
function countDigit(counts: usize, key: u32): void {
  const at = counts + (<usize>(key & <u32>(numDigits - 1)) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** Where the values of each digit begin; false where all have the same one. */
function digitStarts(keys: usize, n: usize, shift: u64, starts: usize): bool {
  memory.fill(starts, 0, numDigits << 2);
  for (let p = keys; p < keys + (n << 3); p += 8) {
    const start = starts + (<usize>((load<u64>(p) >> shift) & (numDigits - 1)) << 2);
    store<u32>(start, load<u32>(start) + 1);
  }
  return sumUp(starts, n);
}

/** Makes places of counts; false where all values are counted in one. */
function sumUp(starts: usize, n: usize): bool {
  let sum: u32 = 0;
  for (let p = starts; p < starts + (numDigits << 2); p += 4) {
    const count = load<u32>(p);
    if (count == <u32>n) return false;
    store<u32>(p, sum);
    sum += count;
  }
  return true;
}

/** The cut between a distinct value and the next: their midpoint, or the value where the midpoint is not below the next. */
function edgeBehind(values: usize, i: i32, isFloat32: i32): f64 {
  const lower = load<f64>(values + (<usize>i << 3));
  const upper = load<f64>(values + (<usize>i << 3), 8);
  if (lower == -Infinity) return lower;
  const high = upper == Infinity ? f64.MAX_VALUE : upper;
  let middle = lower / 2 + high / 2;
  if (isFloat32) middle = <f64>(<f32>middle);
  return middle >= lower && middle < upper ? middle : lower;
}

/** Bins of about equally many rows; a value that fills one alone keeps it. */
function cutGreedily(values: usize, counts: usize, numRows: f64, maxBins: i32, isFloat32: i32, edges: usize): i32 {
  const last = <i32>numDistinct - 1;
  const bigRows = numRows / <f64>maxBins;
  let meanRows = bigRows;
  let restBins = maxBins;
  let restRows = numRows;
  for (let i = 0; i <= last; i++) {
    const rows = <f64>load<u32>(counts + (<usize>i << 2));
    if (rows >= bigRows) {
      restBins -= 1;
      restRows -= rows;
    }
  }
  if (restBins > 0) meanRows = restRows / <f64>restBins;
  let numEdges = 0;
  let inBin: f64 = 0;
  let rows = <f64>load<u32>(counts);
  for (let i = 0; i < last && numEdges < maxBins - 1; i++) {
    const next = <f64>load<u32>(counts + (<usize>i << 2), 4);
    const isBig = rows >= bigRows;
    if (!isBig) restRows -= rows;
    inBin += rows;
    if (isBig || inBin >= meanRows || (next >= bigRows && inBin >= max(1.0, meanRows / 2))) {
      store<f64>(edges + (<usize>numEdges << 3), edgeBehind(values, i, isFloat32));
      numEdges += 1;
      inBin = 0;
      if (!isBig) {
        restBins -= 1;
        if (restBins > 0) meanRows = restRows / <f64>restBins;
      }
    }
    rows = next;
  }
  return numEdges;
}
