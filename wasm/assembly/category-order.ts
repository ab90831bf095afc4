// How the categories of a node are ordered for a split, and how the chosen ones are written down. Shared by
// the split finders; the layouts of params and best stand in find-split.ts.
//   ratios: float64[numValues + 1], g / (h + smooth) by bin; order: int32[numValues + 1], bins

/** Writes the ratio of each bin that may be grouped, and lists those bins; returns how many. */
export function listCategories(entries: usize, numValues: i32, params: usize, ratios: usize, order: usize): i32 {
  const gradUnit = load<f64>(params);
  const hessUnit = load<f64>(params, 8);
  const smooth = load<f64>(params, 40);
  const minGroupRows = <i64>load<f64>(params, 56);
  const countShift = <i64>load<i32>(params, 64);
  const counted = countShift < 63;
  const hessMask: i64 = counted ? (<i64>1 << countShift) - 1 : -1;
  let present: i32 = 0;
  for (let b: i32 = 0; b <= numValues; b++) {
    const at = entries + (<usize>b << 4);
    const h = load<i64>(at, 8);
    if (h == 0) continue;
    if (counted && h >> countShift < minGroupRows) continue;
    const ratio = (<f64>load<i64>(at) * gradUnit) / (<f64>(h & hessMask) * hessUnit + smooth);
    store<f64>(ratios + (<usize>b << 3), ratio);
    store<i32>(order + (<usize>present << 2), b);
    present++;
  }
  return present;
}

/** Writes the sides of a category split: the listed bins left, unseen ones with the heavier side. */
export function keepCategories(
  entries: usize, numValues: i32, order: usize, from: i32, count: i32, totalHess: i64, hessMask: i64, leftGrad: i64,
  leftHess: i64, best: usize, leftBins: usize,
): void {
  memory.fill(leftBins, 0, ((<usize>numValues + 64) >> 6) << 3);
  for (let k: i32 = 0; k < count; k++) {
    const b = load<i32>(order + (<usize>(from + k) << 2));
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

// heap sort, ascending by (ratio, bin)
export function sortByRatio(ratios: usize, order: usize, count: i32): void {
  for (let start = (count >> 1) - 1; start >= 0; start--) siftDown(ratios, order, start, count);
  for (let end = count - 1; end > 0; end--) {
    const top = load<i32>(order);
    store<i32>(order, load<i32>(order + (<usize>end << 2)));
    store<i32>(order + (<usize>end << 2), top);
    siftDown(ratios, order, 0, end);
  }
}

function siftDown(ratios: usize, order: usize, start: i32, count: i32): void {
  const moved = load<i32>(order + (<usize>start << 2));
  const movedRatio = load<f64>(ratios + (<usize>moved << 3));
  let at = start;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    let bin = load<i32>(order + (<usize>child << 2));
    let ratio = load<f64>(ratios + (<usize>bin << 3));
    if (child + 1 < count) {
      const otherBin = load<i32>(order + (<usize>(child + 1) << 2));
      const otherRatio = load<f64>(ratios + (<usize>otherBin << 3));
      if (otherRatio > ratio || (otherRatio == ratio && otherBin > bin)) {
        child++;
        bin = otherBin;
        ratio = otherRatio;
      }
    }
    if (movedRatio > ratio || (movedRatio == ratio && moved > bin)) break;
    store<i32>(order + (<usize>at << 2), bin);
    at = child;
  }
  store<i32>(order + (<usize>at << 2), moved);
}
