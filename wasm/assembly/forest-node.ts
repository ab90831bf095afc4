// A node of a forest: what it weighs, its best split among the features it looks at, and the two sides of its
// rows. See forest-plan.ts for the layouts.
import { drawFeatures } from './forest-features';
import { addForestRows, nodeTotals, touchedBytes, weighNode } from './forest-histogram';
import { binOf, binsAt, entryWords } from './forest-plan';
import { beginWords, clearWords, commitWords, scanWords } from './scan-words';
import { commitRatio, scanRatio } from './find-ratio-split';

/** Up to so many rows their bins are marked: looking at every bin would cost more. */
const markedRows: i32 = 96;

/**
 * Sums a node and finds its best split; further features are drawn while none of those drawn splits it. The
 * histogram is clear before and after. Returns 1 where there is a split, 0 where the node is a leaf.
 */
export function searchNode(plan: usize, rows: usize, numRows: i32, key: u32, best: usize): i32 {
  nodeTotals(plan, rows, numRows, best);
  if (!maySplit(plan, best) || isUniform(plan, rows, numRows)) return 0;
  const hist = <usize>load<u32>(plan, 48);
  const marks = <i32>(numRows <= markedRows);
  let found: i32 = 0;
  for (let attempt: i32 = 0; found == 0; attempt++) {
    const numChosen = drawFeatures(plan, key, attempt);
    if (numChosen == 0) break;
    addForestRows(plan, rows, numRows, numChosen, hist, marks);
    found = scanNode(plan, key, 0, numChosen, hist, marks, best);
  }
  return found;
}

/** Whether totals allow a split: rows enough for two, and more than one class. */
export function maySplit(plan: usize, best: usize): i32 {
  const minRows = load<f64>(plan, 88);
  if (load<f64>(best, 56) < 2.0 * minRows) return 0;
  const kind = load<u32>(plan);
  if (kind == 0 || kind == 3) return 1;
  if (kind == 1) {
    const x = <f64>load<i64>(best, 64);
    return <i32>(x > 0.0 && x < load<f64>(best, 48));
  }
  let present: i32 = 0;
  for (let k: usize = 0; k < entryWords(plan); k++) {
    if ((load<i64>(best + (k << 3), 64) & 0xfffffffff) != 0) present++;
  }
  return <i32>(present > 1);
}

// all rows with the same x for h: no split can gain (numbers; classes are seen by their totals)
function isUniform(plan: usize, rows: usize, numRows: i32): bool {
  const kind = load<u32>(plan);
  if (kind != 0 && kind != 3) return false;
  if (!hasUniform(plan, rows, numRows, 0)) return false;
  for (let w: usize = 2; w < entryWords(plan); w++) {
    if (!hasUniform(plan, rows, numRows, w << 2)) return false;
  }
  return true;
}

// the same of one of the numbers, `word` bytes into the slots
function hasUniform(plan: usize, rows: usize, numRows: i32, word: usize): bool {
  const stride = <usize>load<u32>(plan, 8);
  let p = rows + <usize>load<u32>(plan, 12);
  const x = <i64>load<i32>(p + word);
  const h = <i64>load<u32>(p, 4);
  for (let i: i32 = 1; i < numRows; i++) {
    p += stride;
    if (<i64>load<i32>(p + word) * h != x * <i64>load<u32>(p, 4)) return false;
  }
  return true;
}

/**
 * Finds the best split of the chosen features [begin, end) with a histogram and the totals in `best`, and clears
 * the histogram. Returns whether its gain is enough.
 */
export function scanNode(plan: usize, key: u32, begin: i32, end: i32, hist: usize, marks: i32, best: usize): i32 {
  store<f64>(best, -Infinity);
  store<i32>(best, -1, 8);
  store<i32>(best, -1, 12);
  store<f64>(best, -Infinity, 32);
  store<i32>(best, -1, 40);
  weighNode(plan, best);
  const kind = load<u32>(plan);
  if (kind > 1) beginWords(plan, best);
  let touched = <usize>load<u32>(plan, 56);
  for (let i = begin; i < end; i++) {
    const c = <usize>load<u32>(plan, 52) + (<usize>i << 5);
    const marksOfFeature = marks ? touched : 0;
    const gain = kind < 2
      ? scanRatio(plan, key, c, hist, marksOfFeature, best)
      : scanWords(plan, key, c, hist, marksOfFeature);
    touched += touchedBytes(c);
    const before = load<f64>(best);
    if (gain > before) {
      // the best so far came first, so it goes before a runner-up that equals it
      store<f64>(best, before, 32);
      store<i32>(best, load<i32>(best, 12), 40);
      store<f64>(best, gain);
      store<i32>(best, i, 8);
      store<i32>(best, load<i32>(c), 12);
      if (kind < 2) commitRatio(c, best);
      else commitWords(c, best);
    } else {
      keepRunnerUp(best, gain, load<i32>(c));
    }
    if (kind > 1) clearWords();
  }
  return isEnough(plan, best);
}

function keepRunnerUp(best: usize, gain: f64, place: i32): void {
  if (!(gain > load<f64>(best, 32))) return;
  store<f64>(best, gain, 32);
  store<i32>(best, place, 40);
}

/** Whether the gain in `best` is above the least one, and above what rounding may leave of nothing. */
export function isEnough(plan: usize, best: usize): i32 {
  const gain = load<f64>(best);
  const weight = load<f64>(best, 48);
  let noise = 1e-12 * weight;
  if (load<u32>(plan) != 2) {
    const x = <f64>load<i64>(best, 64);
    let squares = x * x;
    if (load<u32>(plan) == 3) {
      for (let w: usize = 2; w < entryWords(plan); w++) {
        const other = <f64>load<i64>(best + (w << 3), 64);
        squares += other * other;
      }
    }
    noise = 1e-16 * (squares / weight);
  }
  return <i32>(gain > noise && gain > load<f64>(plan, 96) * weight);
}

/**
 * Moves a node's rows to its sides: left from the front of the target, right from its back. cut: the last bin on
 * the left of a numeric split, or −1 where goesLeft has a byte for each bin. Ids move along where there are any.
 * Returns the rows on the left.
 */
export function splitForestRows(
  plan: usize, source: usize, sourceIds: usize, numRows: i32, target: usize, targetIds: usize, place: i32, cut: i32,
  missingLeft: i32, goesLeft: usize,
): i32 {
  const feature = <usize>load<u32>(plan, 32) + (<usize>place << 5);
  const offset = <usize>load<u32>(feature, 20);
  const width = load<u32>(feature, 24);
  const stride = <usize>load<u32>(plan, 8);
  const records = <usize>load<u32>(plan, 20);
  if (records == 0 && stride == 32 && width == 1 && cut >= 0 && sourceIds == 0) {
    return splitRecords32(source, numRows, target, offset, cut, missingLeft);
  }
  const idOffset = <usize>load<u32>(plan, 16);
  const recordBytes = <usize>load<u32>(plan, 24);
  const missing = <usize>load<u32>(feature, 12);
  let left: usize = 0;
  let right: usize = <usize>numRows - 1;
  let p = source;
  for (let i: usize = 0; i < <usize>numRows; i++) {
    const bin = binOf(binsAt(p, records, idOffset, recordBytes) + offset, width);
    const isLeft: usize = cut >= 0
      ? (bin == missing ? <usize>missingLeft : <usize>(<i32>bin <= cut))
      : <usize>load<u8>(goesLeft + bin);
    const to = isLeft ? left : right;
    const q = target + to * stride;
    for (let b: usize = 0; b < stride; b += 8) store<u64>(q + b, load<u64>(p + b));
    if (sourceIds) store<u32>(targetIds + (to << 2), load<u32>(sourceIds + (i << 2)));
    left += isLeft;
    right -= 1 - isLeft;
    p += stride;
  }
  return <i32>left;
}

function splitRecords32(source: usize, numRows: i32, target: usize, offset: usize, cut: i32, missingLeft: i32): i32 {
  let left = target;
  let right = target + (<usize>(numRows - 1) << 5);
  const end = source + (<usize>numRows << 5);
  // missing bins are 255: where they go left, all bins turn by one, so that they come first
  const last = <u32>(cut + missingLeft);
  for (let p = source; p < end; p += 32) {
    const isLeft = <usize>(((<u32>load<u8>(p + offset) + <u32>missingLeft) & 255) <= last);
    const q = isLeft ? left : right;
    v128.store(q, v128.load(p));
    v128.store(q, v128.load(p, 16), 16);
    left += isLeft << 5;
    right -= (1 - isLeft) << 5;
  }
  return <i32>((left - target) >> 5);
}
