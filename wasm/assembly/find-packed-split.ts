// The best split of a node whose histogram is packed: 8-byte entries without gaps, (sum of g) << 32 + (sum of h), as
// nodes of at most 65,535 rows have them. A feature at a time is taken apart into `wide`, which stays in the cache,
// and looked at as find-split does; features, params, totals, best, leftBins and scratch are drawn there.
//   wide: 16 bytes for each bin of the feature of most bins, the missing one and another, then 4 bytes for each
// A small node leaves most bins of a numeric feature empty: only the others are looked at, and an empty bin could
// not have won. Their numbers stand behind them.

import { clearBest, lookAtFeature } from './find-split';
import { widen } from './histogram';

export function findPackedSplit(
  hist: usize, features: usize, begin: i32, end: i32, mask: usize, params: usize, totals: usize, best: usize,
  leftBins: usize, scratch: usize, wide: usize, numbers: usize,
): void {
  const isShort = load<i32>(params, 76) != 0 && load<i32>(params, 64) >= 63;
  clearBest(best);
  for (let f = begin; f < end; f++) {
    if (mask && !load<u8>(mask + <usize>f)) continue;
    const feature = features + (<usize>f << 5);
    const entries = hist + (<usize>load<u32>(feature, 4) << 3);
    const numValues = load<i32>(feature, 8);
    const kind = load<i32>(feature, 16);
    if (isShort && kind == 0 && load<i64>(entries + (<usize>numValues << 3)) == 0) {
      const count = squeeze(entries, numValues, wide, numbers);
      lookAtFeature(wide, count, kind, f, params, totals, best, leftBins, scratch);
      if (load<i32>(best, 8) == f) store<i32>(best, load<u32>(numbers + (<usize>load<i32>(best, 12) << 2)), 12);
    } else {
      widen(entries, <usize>numValues + 1, wide);
      lookAtFeature(wide, numValues, kind, f, params, totals, best, leftBins, scratch);
    }
  }
}

// The entries that are not empty, taken apart, an empty one behind them, and which bins they are.
function squeeze(entries: usize, numValues: i32, wide: usize, numbers: usize): i32 {
  let to = wide;
  let number = numbers;
  for (let b: i32 = 0; b < numValues; b++) {
    const sum = load<i64>(entries + (<usize>b << 3));
    store<i64>(to, sum >> 32);
    store<i64>(to, sum & 0xffffffff, 8);
    store<i32>(number, b);
    const step = <usize>(sum != 0);
    to += step << 4;
    number += step << 2;
  }
  v128.store(to, i64x2.splat(0));
  return <i32>((to - wide) >> 4);
}
