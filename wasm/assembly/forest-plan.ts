// What the forest kernels know of a fit and of a node; src/tree/backend/cpu/forest-plan.ts writes and reads it.
//
// plan, 136 bytes for each rank, more where some features are monotone:
//   uint32   0 kind (0 a number, 1 two classes by gini, 2 classes, 3 several numbers)   4 int64 words of an entry and of totals
//            8 bytes of a row          12 its slot          16 its id (only where 20 is not 0)
//           20 records that ids point into, 0 where the bins lie in the row itself    24 their bytes
//           28 countShift              32 feature table     36 features   40 features drawn (0: all)   44 draw key
//           48 histogram               52 chosen features   56 touched bins            60 lists
//           64 most bins of a list     68 measure, see below 72 most categories         76 1 where cuts are random
//   float64 80 least weight            88 least rows        96 least gain for a unit of weight
//   uint32 104 what drawFeatures remembers: key, attempt; uint64 112 the last one drawn; 120 1 where features are monotone
//   uint32 124 rows a category that a node must have to order its categories by their labels   128 least rows of each treatment
//   float64 136, 144 between which values the node's children must lie, as x / h   152 int8 direction of each place
// measure: 0 gini, 1 entropy; of treatments 2 Kullback-Leibler, 3 Euclidean, 4 chi-squared
// row: its bins and slot (a record), or only its slot and its id. Slot: int32 x and uint32 h (a number), or
//   class << 16 | weight; several numbers: int32 x of the first, uint32 h, int32 x of each other one. All count as
//   often as the row was drawn.
// entry, numbers and two classes: int64 sum of x, int64 (rows << countShift) + sum of h, where x is the weight
//   of class 1; several numbers: the sums of the other x behind these two; classes: an int64 (rows << 36) + weight
//   for each. Value bins, then the missing one at missingAt.
// chosen, 32 bytes each: place, offset, width, first entry, value bins, missingAt, 1 for a category, index
// best: float64 gain at 0; int32 at 8 order among the chosen, 12 place, 16 last bin on the left (numeric),
//   20 first bin on the right, 24 missing goes left, 28 categories on the left (0: numeric), 44 left is heavier;
//   float64 32 runner-up's gain; int32 40 its place; float64 48 the node's weight, 56 its rows;
//   at 64 the node's totals, then the left side's, then the left bins as bits

export function entryWords(plan: usize): usize {
  return <usize>load<u32>(plan, 4);
}

/** Bins of a row: in the row, or in the record that its id names. */
export function binsAt(row: usize, records: usize, idOffset: usize, recordBytes: usize): usize {
  return records == 0 ? row : records + <usize>load<u32>(row + idOffset) * recordBytes;
}

/** 1 where the prediction may only rise with a feature, −1 where it may only fall, 0 where it is free. */
export function directionOf(plan: usize, place: u32): i32 {
  return load<u32>(plan, 120) == 0 ? 0 : <i32>load<i8>(plan + <usize>place, 152);
}

/** Do the values of two children keep to a direction, and to what the splits above allow? */
export function keepsOrder(plan: usize, direction: i32, left: f64, right: f64): bool {
  const low = direction > 0 ? left : right;
  const high = direction > 0 ? right : left;
  return low <= high && low >= load<f64>(plan, 136) && high <= load<f64>(plan, 144);
}

/** Too few rows a category: the order of their labels would tell of these rows alone, and names keep theirs. */
export function keepsNames(plan: usize, numRows: i64, numPresent: i32): bool {
  return numRows < <i64>load<i32>(plan, 124) * <i64>numPresent;
}

export function binOf(at: usize, width: u32): usize {
  return width == 1 ? <usize>load<u8>(at) : <usize>load<u16>(at);
}
