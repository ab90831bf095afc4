// Finds the best split of a node from class counts (gini or entropy), for classification forests.
//   entries: numClasses int64 a bin, (rows << 36) + weight; numValues bins, then the missing one
//   features: as in find-split, its second word the first entry of this histogram
//   params: float64 minWeight, minRows; int32 at 16: criterion (0 gini, 1 entropy), maxCategories, maxOneHot
//   totals: numClasses int64 of the node; best: as in find-split, then numClasses int64 of the left at 56
// score = Σ L_k² / L + Σ R_k² / R (gini), Σ L_k log(L_k / L) + Σ R_k log(R_k / R) (entropy)
import { log } from './portable-math';

export function findClassSplit(
  hist: usize, features: usize, list: usize, numListed: i32, numClasses: i32, params: usize, totals: usize,
  best: usize, leftBins: usize, scratch: usize,
): void {
  store<f64>(best, -Infinity);
  store<i32>(best, -1, 8);
  store<f64>(best, -Infinity, 40);
  store<i32>(best, -1, 48);
  for (let j: i32 = 0; j < numListed; j++) {
    const f = load<i32>(list + (<usize>j << 2));
    const feature = features + (<usize>f << 5);
    const entries = hist + (<usize>load<u32>(list + (<usize>(numListed + j) << 2)) * <usize>numClasses << 3);
    const before = load<f64>(best);
    const owner = load<i32>(best, 8);
    const numValues = load<i32>(feature, 8);
    const missingAt = load<i32>(feature, 12);
    const score = load<u32>(feature, 16) == 0
      ? scanClassValues(entries, numValues, missingAt, f, numClasses, params, totals, best, scratch)
      : scanClassCategories(entries, numValues, missingAt, f, numClasses, params, totals, best, leftBins, scratch);
    const won = load<i32>(best, 8) == f;
    const loserScore = won ? before : score;
    const loser = won ? owner : f;
    const runnerUp = load<f64>(best, 40);
    if (loser >= 0 && (loserScore > runnerUp || (loserScore == runnerUp && loser < load<i32>(best, 48)))) {
      store<f64>(best, loserScore, 40);
      store<i32>(best, loser, 48);
    }
  }
}

// the score of a left side of class counts, or −Infinity where a limit is broken
function scoreOf(left: usize, numClasses: i32, params: usize, totals: usize): f64 {
  let leftWeight: i64 = 0;
  let leftRows: i64 = 0;
  let allWeight: i64 = 0;
  let allRows: i64 = 0;
  for (let k: usize = 0; k < <usize>numClasses; k++) {
    const l = load<i64>(left + (k << 3));
    const t = load<i64>(totals + (k << 3));
    leftWeight += l & 0xfffffffff;
    leftRows += l >> 36;
    allWeight += t & 0xfffffffff;
    allRows += t >> 36;
  }
  const rightRows = allRows - leftRows;
  if (leftRows == 0 || rightRows == 0) return -Infinity;
  const minRows = <i64>load<f64>(params, 8);
  if (leftRows < minRows || rightRows < minRows) return -Infinity;
  const L = <f64>leftWeight;
  const R = <f64>(allWeight - leftWeight);
  const minWeight = load<f64>(params);
  if (L < minWeight || R < minWeight) return -Infinity;
  let onLeft = 0.0;
  let onRight = 0.0;
  if (load<i32>(params, 16) == 0) {
    for (let k: usize = 0; k < <usize>numClasses; k++) {
      const l = <f64>(load<i64>(left + (k << 3)) & 0xfffffffff);
      const r = <f64>(load<i64>(totals + (k << 3)) & 0xfffffffff) - l;
      onLeft += l * l;
      onRight += r * r;
    }
    return onLeft / L + onRight / R;
  }
  for (let k: usize = 0; k < <usize>numClasses; k++) {
    const l = <f64>(load<i64>(left + (k << 3)) & 0xfffffffff);
    const r = <f64>(load<i64>(totals + (k << 3)) & 0xfffffffff) - l;
    if (l > 0.0) onLeft += l * log(l / L);
    if (r > 0.0) onRight += r * log(r / R);
  }
  return onLeft + onRight;
}

function addClasses(into: usize, from: usize, numClasses: i32): i64 {
  let any: i64 = 0;
  for (let k: usize = 0; k < <usize>numClasses; k++) {
    const v = load<i64>(from + (k << 3));
    any |= v;
    store<i64>(into + (k << 3), load<i64>(into + (k << 3)) + v);
  }
  return any;
}

function keep(best: usize, score: f64, f: i32, bin: i32, missingLeft: i32, count: i32, left: usize, numClasses: i32): void {
  store<f64>(best, score);
  store<i32>(best, f, 8);
  store<i32>(best, bin, 12);
  store<i32>(best, missingLeft, 16);
  store<i32>(best, count, 20);
  memory.copy(best + 56, left, <usize>numClasses << 3);
}

function heavierLeft(left: usize, totals: usize, numClasses: i32): i32 {
  let l: i64 = 0;
  let t: i64 = 0;
  for (let k: usize = 0; k < <usize>numClasses; k++) {
    l += load<i64>(left + (k << 3)) & 0xfffffffff;
    t += load<i64>(totals + (k << 3)) & 0xfffffffff;
  }
  return <i32>(l + l >= t);
}

function scanClassValues(
  entries: usize, numValues: i32, missingAt: i32, f: i32, numClasses: i32, params: usize, totals: usize, best: usize,
  scratch: usize,
): f64 {
  const bytes = <usize>numClasses << 3;
  const left = scratch;
  const withMissing = scratch + bytes;
  memory.fill(left, 0, bytes);
  const missing = entries + <usize>missingAt * bytes;
  let hasMissing: i64 = 0;
  for (let k: usize = 0; k < <usize>numClasses; k++) hasMissing |= load<i64>(missing + (k << 3));
  let featureScore = -Infinity;
  for (let b: i32 = 0; b < numValues; b++) {
    if (addClasses(left, entries + <usize>b * bytes, numClasses) == 0) continue;
    for (let side: i32 = hasMissing != 0 ? 1 : 0; side >= 0; side--) {
      let at = left;
      if (side) {
        memory.copy(withMissing, left, bytes);
        addClasses(withMissing, missing, numClasses);
        at = withMissing;
      }
      const score = scoreOf(at, numClasses, params, totals);
      if (score > featureScore) {
        featureScore = score;
        if (score > load<f64>(best)) {
          keep(best, score, f, b, hasMissing != 0 ? side : heavierLeft(at, totals, numClasses), 0, at, numClasses);
        }
      }
    }
  }
  return featureScore;
}

// Each class in turn orders the categories by its share; the best prefix of all orders wins.
function scanClassCategories(
  entries: usize, numValues: i32, missingAt: i32, f: i32, numClasses: i32, params: usize, totals: usize, best: usize,
  leftBins: usize, scratch: usize,
): f64 {
  const bytes = <usize>numClasses << 3;
  const left = scratch;
  const ratios = scratch + (bytes << 1);
  const order = ratios + ((<usize>numValues + 1) << 3);
  const maxCategories = load<i32>(params, 20);
  let featureScore = -Infinity;
  const numOrders = numClasses == 2 ? 1 : numClasses;
  for (let k: i32 = 0; k < numOrders; k++) {
    let present: i32 = 0;
    for (let b: i32 = 0; b <= numValues; b++) {
      const entry = entries + <usize>(b == numValues ? missingAt : b) * bytes;
      let weight: i64 = 0;
      let any: i64 = 0;
      for (let c: usize = 0; c < <usize>numClasses; c++) {
        any |= load<i64>(entry + (c << 3));
        weight += load<i64>(entry + (c << 3)) & 0xfffffffff;
      }
      if (any == 0) continue;
      store<f64>(ratios + (<usize>b << 3), <f64>(load<i64>(entry + (<usize>k << 3)) & 0xfffffffff) / <f64>weight);
      store<i32>(order + (<usize>present << 2), b);
      present++;
    }
    sortAscending(ratios, order, present);
    for (let direction: i32 = 0; direction < 2; direction++) {
      memory.fill(left, 0, bytes);
      const limit = min<i32>(present, maxCategories);
      for (let i: i32 = 0; i < limit; i++) {
        const b = load<i32>(order + (<usize>(direction ? present - 1 - i : i) << 2));
        addClasses(left, entries + <usize>(b == numValues ? missingAt : b) * bytes, numClasses);
        const score = scoreOf(left, numClasses, params, totals);
        if (score > featureScore) {
          featureScore = score;
          if (score > load<f64>(best)) {
            memory.fill(leftBins, 0, ((<usize>numValues + 64) >> 6) << 3);
            for (let m: i32 = 0; m <= i; m++) {
              const bin = load<i32>(order + (<usize>(direction ? present - 1 - m : m) << 2));
              const word = leftBins + (<usize>(bin >> 5) << 2);
              store<u32>(word, load<u32>(word) | (1 << (bin & 31)));
            }
            let hasMissing: i64 = 0;
            const missing = entries + <usize>missingAt * bytes;
            for (let c: usize = 0; c < <usize>numClasses; c++) hasMissing |= load<i64>(missing + (c << 3));
            const bit = (load<u32>(leftBins + (<usize>(numValues >> 5) << 2)) >> (numValues & 31)) & 1;
            const heavier = heavierLeft(left, totals, numClasses);
            keep(best, score, f, -1, hasMissing != 0 ? <i32>bit : heavier, i + 1, left, numClasses);
            // values that this node has not seen follow the heavier side
            for (let v: i32 = 0; heavier && v < numValues; v++) {
              let seen: i64 = 0;
              for (let c: usize = 0; c < <usize>numClasses; c++) seen |= load<i64>(entries + <usize>v * bytes + (c << 3));
              if (seen != 0) continue;
              const word = leftBins + (<usize>(v >> 5) << 2);
              store<u32>(word, load<u32>(word) | (1 << (v & 31)));
            }
          }
        }
      }
    }
  }
  return featureScore;
}

// shell sort, ascending by (ratio, bin); category lists of a forest node are short
function sortAscending(ratios: usize, order: usize, count: i32): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const moved = load<i32>(order + (<usize>i << 2));
      const ratio = load<f64>(ratios + (<usize>moved << 3));
      let j = i;
      for (; j >= gap; j -= gap) {
        const other = load<i32>(order + (<usize>(j - gap) << 2));
        const otherRatio = load<f64>(ratios + (<usize>other << 3));
        if (otherRatio < ratio || (otherRatio == ratio && other < moved)) break;
        store<i32>(order + (<usize>j << 2), other);
      }
      store<i32>(order + (<usize>j << 2), moved);
    }
  }
}
