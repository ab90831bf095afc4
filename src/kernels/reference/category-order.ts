/**
 * How are a node's categories ordered for a split, and how are the chosen ones written down? The twin of
 * wasm/assembly/category-order.ts.
 */
import { heavierLeft, type NodeSums } from './node-sums.ts';
import { toI64, type Views } from './views.ts';

/** Writes the ratio of each bin that may be grouped, 0 where that is no number, and lists those bins; returns how many. */
export function listCategories(
  m: Views,
  node: NodeSums,
  entries: number,
  numValues: number,
  params: number,
  ratios: number,
  order: number,
): number {
  const smooth = m.f64(params + 40);
  const minGroupRows = toI64(m.f64(params + 56));
  let present = 0;
  for (let b = 0; b <= numValues; b++) {
    const h = m.i64(entries + b * 16 + 8);
    if (h === 0n) continue;
    if (node.counted && h >> node.countShift < minGroupRows) continue;
    const grad = Number(m.i64(entries + b * 16)) * node.gradUnit;
    const ratio = grad / (Number(h & node.hessMask) * node.hessUnit + smooth);
    m.setF64(ratios + b * 8, Number.isNaN(ratio) ? 0 : ratio);
    m.setU32(order + present * 4, b);
    present++;
  }
  return present;
}

/** A category split: bins [from, from + count) of the order go left. */
export interface ChosenCategories {
  readonly entries: number;
  readonly numValues: number;
  readonly order: number;
  readonly from: number;
  readonly count: number;
  readonly leftGrad: bigint;
  readonly leftHess: bigint;
  readonly best: number;
  readonly leftBins: number;
}

/** Writes the sides of a category split: the listed bins left, unseen ones with the heavier side. */
export function keepCategories(m: Views, node: NodeSums, chosen: ChosenCategories): void {
  const { entries, numValues, order, from, count, leftHess, best, leftBins } = chosen;
  m.fillZero(leftBins, ((numValues + 64) >> 6) * 8);
  for (let k = 0; k < count; k++) m.setBit(leftBins, m.i32(order + (from + k) * 4));
  const hasMissing = m.i64(entries + numValues * 16 + 8) !== 0n;
  const missingBit = (m.u32(leftBins + (numValues >> 5) * 4) >>> (numValues & 31)) & 1;
  m.setU32(best + 12, -1);
  const heavier = heavierLeft(node, leftHess);
  m.setU32(best + 16, hasMissing ? missingBit : heavier);
  // values that this node has not seen follow the heavier side
  for (let b = 0; heavier === 1 && b < numValues; b++) {
    if (m.i64(entries + b * 16 + 8) === 0n) m.setBit(leftBins, b);
  }
  m.setU32(best + 20, count);
  m.setI64(best + 24, chosen.leftGrad);
  m.setI64(best + 32, leftHess);
}

/** Sorts the listed bins by (ratio, bin), ascending. */
export function sortByRatio(m: Views, ratios: number, order: number, count: number): void {
  const bins = Array.from({ length: count }, (_, k) => m.i32(order + k * 4));
  const ratioOf = (bin: number) => m.f64(ratios + bin * 8);
  bins.sort((a, b) => (ratioOf(a) === ratioOf(b) ? a - b : ratioOf(a) < ratioOf(b) ? -1 : 1));
  for (const [k, bin] of bins.entries()) m.setU32(order + k * 4, bin);
}
