/**
 * Which split of a node parts its classes best? The twin of wasm/assembly/find-class-split.ts, which draws
 * the layouts. An entry holds numClasses int64, (rows << 36) + weight; both are read as numbers.
 * score = Σ L_k² / L + Σ R_k² / R (gini), Σ L_k log(L_k / L) + Σ R_k log(R_k / R) (entropy)
 */
import { log } from '../../base/portable-math.ts';
import { keepRunnerUp } from './find-split.ts';
import type { Views } from './views.ts';

/** What every candidate of a node is measured with. */
interface ClassNode {
  readonly numClasses: number;
  readonly bytes: number;
  readonly minWeight: number;
  readonly minRows: number;
  readonly isGini: boolean;
  readonly maxCategories: number;
  readonly totals: number;
  readonly best: number;
  readonly scratch: number;
}

/** The best split of the listed features. list: their indexes, then the first entry of each in hist. */
export function findClassSplit(
  m: Views,
  hist: number,
  features: number,
  list: number,
  numListed: number,
  numClasses: number,
  params: number,
  totals: number,
  best: number,
  leftBins: number,
  scratch: number,
): void {
  m.setF64(best, Number.NEGATIVE_INFINITY);
  m.setU32(best + 8, -1);
  m.setF64(best + 40, Number.NEGATIVE_INFINITY);
  m.setU32(best + 48, -1);
  const minRows = m.f64(params + 8);
  const node: ClassNode = {
    numClasses,
    bytes: numClasses * 8,
    minWeight: m.f64(params),
    minRows: Number.isNaN(minRows) ? 0 : Math.trunc(minRows),
    isGini: m.i32(params + 16) === 0,
    maxCategories: m.i32(params + 20),
    totals,
    best,
    scratch,
  };
  for (let j = 0; j < numListed; j++) {
    const f = m.i32(list + j * 4);
    const feature = features + f * 32;
    const entries = hist + m.u32(list + (numListed + j) * 4) * node.bytes;
    const before = m.f64(best);
    const owner = m.i32(best + 8);
    const numValues = m.i32(feature + 8);
    const missingAt = m.i32(feature + 12);
    const score =
      m.u32(feature + 16) === 0
        ? scanClassValues(m, node, entries, numValues, missingAt, f)
        : scanClassCategories(m, node, entries, numValues, missingAt, f, leftBins);
    const won = m.i32(best + 8) === f;
    keepRunnerUp(m, best, won ? before : score, won ? owner : f);
  }
}

function weightAt(m: Views, at: number): number {
  return m.u32(at) + (m.u32(at + 4) & 15) * 2 ** 32;
}

function rowsAt(m: Views, at: number): number {
  return m.i32(at + 4) >> 4;
}

/** The score of a left side of class counts; −Infinity where a limit is broken. */
function scoreOf(m: Views, node: ClassNode, left: number): number {
  let leftWeight = 0;
  let leftRows = 0;
  let allWeight = 0;
  let allRows = 0;
  for (let k = 0; k < node.bytes; k += 8) {
    leftWeight += weightAt(m, left + k);
    leftRows += rowsAt(m, left + k);
    allWeight += weightAt(m, node.totals + k);
    allRows += rowsAt(m, node.totals + k);
  }
  const rightRows = allRows - leftRows;
  if (leftRows === 0 || rightRows === 0) return Number.NEGATIVE_INFINITY;
  if (leftRows < node.minRows || rightRows < node.minRows) return Number.NEGATIVE_INFINITY;
  const L = leftWeight;
  const R = allWeight - leftWeight;
  if (L < node.minWeight || R < node.minWeight) return Number.NEGATIVE_INFINITY;
  let onLeft = 0;
  let onRight = 0;
  for (let k = 0; k < node.bytes; k += 8) {
    const l = weightAt(m, left + k);
    const r = weightAt(m, node.totals + k) - l;
    if (node.isGini) {
      onLeft += l * l;
      onRight += r * r;
    } else {
      if (l > 0) onLeft += l * log(l / L);
      if (r > 0) onRight += r * log(r / R);
    }
  }
  return node.isGini ? onLeft / L + onRight / R : onLeft + onRight;
}

function addClasses(m: Views, node: ClassNode, into: number, from: number): void {
  for (let k = 0; k < node.bytes; k += 8) {
    m.addI64(into + k, m.u32(from + k), m.u32(from + k + 4));
  }
}

function isEmpty(m: Views, node: ClassNode, entry: number): boolean {
  for (let k = 0; k < node.bytes; k += 4) if (m.u32(entry + k) !== 0) return false;
  return true;
}

interface Candidate {
  readonly score: number;
  readonly feature: number;
  readonly bin: number;
  readonly missingLeft: number;
  readonly numLeft: number;
  readonly left: number;
}

function keep(m: Views, node: ClassNode, candidate: Candidate): void {
  m.setF64(node.best, candidate.score);
  m.setU32(node.best + 8, candidate.feature);
  m.setU32(node.best + 12, candidate.bin);
  m.setU32(node.best + 16, candidate.missingLeft);
  m.setU32(node.best + 20, candidate.numLeft);
  m.copy(node.best + 56, candidate.left, node.bytes);
}

function heavierLeft(m: Views, node: ClassNode, left: number): number {
  let onLeft = 0;
  let all = 0;
  for (let k = 0; k < node.bytes; k += 8) {
    onLeft += weightAt(m, left + k);
    all += weightAt(m, node.totals + k);
  }
  return onLeft + onLeft >= all ? 1 : 0;
}

function scanClassValues(
  m: Views,
  node: ClassNode,
  entries: number,
  numValues: number,
  missingAt: number,
  f: number,
): number {
  const left = node.scratch;
  const withMissing = node.scratch + node.bytes;
  m.fillZero(left, node.bytes);
  const missing = entries + missingAt * node.bytes;
  const hasMissing = !isEmpty(m, node, missing);
  let featureScore = Number.NEGATIVE_INFINITY;
  for (let b = 0; b < numValues; b++) {
    const entry = entries + b * node.bytes;
    if (isEmpty(m, node, entry)) continue;
    addClasses(m, node, left, entry);
    for (let side = hasMissing ? 1 : 0; side >= 0; side--) {
      const at = side ? withMissing : left;
      if (side) {
        m.copy(withMissing, left, node.bytes);
        addClasses(m, node, withMissing, missing);
      }
      const score = scoreOf(m, node, at);
      if (!(score > featureScore)) continue;
      featureScore = score;
      if (score > m.f64(node.best)) {
        const missingLeft = hasMissing ? side : heavierLeft(m, node, at);
        keep(m, node, { score, feature: f, bin: b, missingLeft, numLeft: 0, left: at });
      }
    }
  }
  return featureScore;
}

// Each class in turn orders the categories by its share; the best prefix of all orders wins.
function scanClassCategories(
  m: Views,
  node: ClassNode,
  entries: number,
  numValues: number,
  missingAt: number,
  f: number,
  leftBins: number,
): number {
  const left = node.scratch;
  const ratios = node.scratch + node.bytes * 2;
  const order = ratios + (numValues + 1) * 8;
  const entryOf = (bin: number) => entries + (bin === numValues ? missingAt : bin) * node.bytes;
  const hasMissing = !isEmpty(m, node, entryOf(numValues));
  let featureScore = Number.NEGATIVE_INFINITY;
  const numOrders = node.numClasses === 2 ? 1 : node.numClasses;
  for (let k = 0; k < numOrders; k++) {
    const present = listByShare(m, node, entryOf, numValues, k, ratios, order);
    sortAscending(m, ratios, order, present);
    const limit = Math.min(present, node.maxCategories);
    for (let direction = 0; direction < 2; direction++) {
      const placed = (i: number) => m.i32(order + (direction ? present - 1 - i : i) * 4);
      m.fillZero(left, node.bytes);
      for (let i = 0; i < limit; i++) {
        addClasses(m, node, left, entryOf(placed(i)));
        const score = scoreOf(m, node, left);
        if (!(score > featureScore)) continue;
        featureScore = score;
        if (!(score > m.f64(node.best))) continue;
        m.fillZero(leftBins, ((numValues + 64) >> 6) * 8);
        for (let j = 0; j <= i; j++) m.setBit(leftBins, placed(j));
        const missingBit = (m.u32(leftBins + (numValues >> 5) * 4) >>> (numValues & 31)) & 1;
        const heavier = heavierLeft(m, node, left);
        const missingLeft = hasMissing ? missingBit : heavier;
        keep(m, node, { score, feature: f, bin: -1, missingLeft, numLeft: i + 1, left });
        // values that this node has not seen follow the heavier side
        for (let v = 0; heavier === 1 && v < numValues; v++) {
          if (isEmpty(m, node, entryOf(v))) m.setBit(leftBins, v);
        }
      }
    }
  }
  return featureScore;
}

/** Writes the share of class k of each bin that has rows, and lists those bins; returns how many. */
function listByShare(
  m: Views,
  node: ClassNode,
  entryOf: (bin: number) => number,
  numValues: number,
  k: number,
  ratios: number,
  order: number,
): number {
  let present = 0;
  for (let b = 0; b <= numValues; b++) {
    const entry = entryOf(b);
    if (isEmpty(m, node, entry)) continue;
    let weight = 0;
    for (let c = 0; c < node.bytes; c += 8) weight += weightAt(m, entry + c);
    m.setF64(ratios + b * 8, weightAt(m, entry + k * 8) / weight);
    m.setU32(order + present * 4, b);
    present++;
  }
  return present;
}

// shell sort, ascending by (ratio, bin)
function sortAscending(m: Views, ratios: number, order: number, count: number): void {
  for (let gap = count >> 1; gap > 0; gap >>= 1) {
    for (let i = gap; i < count; i++) {
      const moved = m.i32(order + i * 4);
      const ratio = m.f64(ratios + moved * 8);
      let j = i;
      for (; j >= gap; j -= gap) {
        const other = m.i32(order + (j - gap) * 4);
        const otherRatio = m.f64(ratios + other * 8);
        if (otherRatio < ratio || (otherRatio === ratio && other < moved)) break;
        m.setU32(order + j * 4, other);
      }
      m.setU32(order + j * 4, moved);
    }
  }
}
