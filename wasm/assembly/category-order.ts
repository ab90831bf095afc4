// How the categories of a node are ordered for a split, and how the chosen ones are written down. Shared by
// the split finders; the layouts of params and best stand in find-split.ts.
//   listed: 16 bytes for each bin that may be grouped, float64 g / (h + smooth), 0 where that is no number, and int64 bin;
//     room for twice as many, each time up to the next power of two (categoryScratchBytes in candidate.ts)

/** Lists the bins that may be grouped, ascending, with their ratios; returns how many. */
export function listCategories(entries: usize, numValues: i32, params: usize, listed: usize): i32 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const smooth = load<f64>(params, 40);
  const minGroupRows = <i64>load<f64>(params, 56);
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  let at = listed;
  let b: i32 = 0;
  if (load<i32>(params, 76) != 0) {
    const least = counted ? wordOfRows(minGroupRows, countShift) : i64.MIN_VALUE;
    const masks = i64x2.splat(hessMask);
    const gradUnits = f64x2.splat(gradUnit);
    const hessUnits = f64x2.splat(hessUnit);
    const smooths = f64x2.splat(smooth);
    for (; b < numValues; b += 2) {
      const from = entries + (<usize>b << 4);
      const even = v128.load(from);
      const odd = v128.load(from, 16);
      const words = v128.shuffle<i64>(even, odd, 1, 3);
      const grads = f64x2.mul(toFloats(v128.shuffle<i64>(even, odd, 0, 2)), gradUnits);
      const hesses = f64x2.add(f64x2.mul(toFloats(v128.and(words, masks)), hessUnits), smooths);
      const quotients = f64x2.div(grads, hesses);
      const ratios = v128.and(quotients, f64x2.eq(quotients, quotients));
      // what is not listed is written over
      const evenWord = i64x2.extract_lane(words, 0);
      store<f64>(at, f64x2.extract_lane(ratios, 0));
      store<i64>(at, <i64>b, 8);
      at += (<usize>(evenWord != 0) & <usize>(evenWord >= least)) << 4;
      const oddWord = i64x2.extract_lane(words, 1);
      store<f64>(at, f64x2.extract_lane(ratios, 1));
      store<i64>(at, <i64>(b + 1), 8);
      at += (<usize>(oddWord != 0) & <usize>(oddWord >= least)) << 4;
    }
  }
  for (; b <= numValues; b++) {
    const from = entries + (<usize>b << 4);
    const h = load<i64>(from, 8);
    if (h == 0) continue;
    if (counted && h >> countShift < minGroupRows) continue;
    const ratio = (<f64>load<i64>(from) * gradUnit) / (<f64>(h & hessMask) * hessUnit + smooth);
    store<f64>(at, ratio == ratio ? ratio : 0.0);
    store<i64>(at, <i64>b, 8);
    at += 16;
  }
  return <i32>((at - listed) >> 4);
}

/** The least word of h and rows that counts so many rows: `word >> countShift < rows` where the word is below it. */
export function wordOfRows(rows: i64, countShift: i64): i64 {
  if (rows > i64.MAX_VALUE >> countShift) return i64.MAX_VALUE;
  return rows < i64.MIN_VALUE >> countShift ? i64.MIN_VALUE : rows << countShift;
}

/** int64 under 2^51 as float64: the bits of 1.5 · 2^52 + x hold x. */
// @ts-ignore: decorator
@inline
export function toFloats(x: v128): v128 {
  return f64x2.sub(i64x2.add(x, i64x2.splat(0x4338000000000000)), f64x2.splat(6755399441055744.0));
}

/** Writes the sides of a category split: the listed bins left, unseen ones with the heavier side. */
export function keepCategories(
  entries: usize, numValues: i32, sorted: usize, from: i32, count: i32, totalHess: i64, hessMask: i64, leftGrad: i64,
  leftHess: i64, best: usize, leftBins: usize,
): void {
  memory.fill(leftBins, 0, ((<usize>numValues + 64) >> 6) << 3);
  for (let k: i32 = 0; k < count; k++) {
    const b = binAt(sorted, from + k);
    const at = leftBins + (<usize>(b >> 5) << 2);
    store<u32>(at, load<u32>(at) | (1 << (b & 31)));
  }
  store<i32>(best, -1, 12);
  const missing = load<i64>(entries + (<usize>numValues << 4), 8) != 0;
  const HL = leftHess & hessMask;
  const heavierLeft = <i32>(HL + HL >= (totalHess & hessMask));
  const bit = (load<u32>(leftBins + (<usize>(numValues >> 5) << 2)) >> (numValues & 31)) & 1;
  store<i32>(best, missing ? <i32>bit : heavierLeft, 16);
  // values that this node has not seen follow the heavier side
  for (let b: i32 = 0; heavierLeft && b < numValues; b++) {
    if (load<i64>(entries + (<usize>b << 4), 8) != 0) continue;
    const at = leftBins + (<usize>(b >> 5) << 2);
    store<u32>(at, load<u32>(at) | (1 << (b & 31)));
  }
  store<i32>(best, count, 20);
  store<i64>(best, leftGrad, 24);
  store<i64>(best, leftHess, 32);
}

/** The bin at a place of the list. */
// @ts-ignore: decorator
@inline
export function binAt(listed: usize, place: i32): i32 {
  return load<i32>(listed + (<usize>place << 4), 8);
}

/** Sorts the list by (ratio, bin), ascending; returns where it is then. */
export function sortByRatio(listed: usize, count: i32): usize {
  let bytes: usize = 16;
  while (bytes < <usize>count << 4) bytes <<= 1;
  for (let at = <usize>count << 4; at < bytes; at += 16) store<f64>(listed + at, Infinity);
  let from = listed;
  let to = listed + bytes;
  for (let run: usize = 16; run < bytes; run <<= 1) {
    for (let at: usize = 0; at < bytes; at += 2 * run) mergeRuns(from + at, run, to + at);
    const swapped = from;
    from = to;
    to = swapped;
  }
  return from;
}

// Merges two runs of equal length from both ends at once: either end takes as many as a run has, so that neither run is ever
// used up before, and two chains of comparisons wait for each other's results no more. Of equals the left one comes first.
function mergeRuns(runs: usize, run: usize, to: usize): void {
  let left = runs;
  let right = runs + run;
  let leftLast = right - 16;
  let rightLast = leftLast + run;
  let front = to;
  let back = to + 2 * run - 16;
  const end = to + run;
  do {
    const isRight = <usize>(load<f64>(right) < load<f64>(left));
    v128.store(front, v128.load(left + ((right - left) & (0 - isRight))));
    right += isRight << 4;
    left += 16 - (isRight << 4);
    front += 16;
    const isLeft = <usize>(load<f64>(leftLast) > load<f64>(rightLast));
    v128.store(back, v128.load(rightLast + ((leftLast - rightLast) & (0 - isLeft))));
    leftLast -= isLeft << 4;
    rightLast -= 16 - (isLeft << 4);
    back -= 16;
  } while (front < end);
}
