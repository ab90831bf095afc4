/**
 * Which leaf does each row lie in, and what do its rows add up to? The twin of
 * wasm/assembly/leaf-values.ts. leafOf: uint32 a row; its top bit says that the row was not drawn.
 */
import type { Views } from './views.ts';

const notDrawn = 0x80000000;
const isLeafNode = 0xffffffff;

/** leafOf[ids[i]] = leaf; ids 0 means rows firstId + i. */
export function markLeaf(
  m: Views,
  ids: number,
  firstId: number,
  numRows: number,
  leaf: number,
  leafOf: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const id = ids ? m.u32(ids + i * 4) : firstId + i;
    m.setU32(leafOf + id * 4, leaf);
  }
}

/** Adds each drawn row's g and h to its leaf: four int64 a leaf, whole and 2^-32 parts of each. */
export function leafSums(
  m: Views,
  leafOf: number,
  grads: number,
  hesses: number,
  numRows: number,
  gradScale: number,
  hessScale: number,
  sums: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const leaf = m.u32(leafOf + i * 4);
    if (leaf >= notDrawn) continue;
    addFixed(m, sums + leaf * 32, m.f64(grads + i * 8) * gradScale);
    addFixed(m, sums + leaf * 32 + 16, m.f64(hesses + i * 8) * hessScale);
  }
}

function addFixed(m: Views, at: number, value: number): void {
  const whole = Math.floor(value);
  m.addWhole(at, whole);
  m.addWhole(at + 8, Math.trunc((value - whole) * 2 ** 32));
}

/** The same for the rows of one leaf of a forest: count · weight · label, then count · weight. */
export function leafTotals(
  m: Views,
  ids: number,
  step: number,
  numRows: number,
  counts: number,
  labels: number,
  weights: number,
  labelScale: number,
  weightScale: number,
  sums: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const id = m.u32(ids + i * step);
    const w = (weights ? m.f64(weights + id * 8) : 1) * m.u8(counts + id);
    addFixed(m, sums, m.f64(labels + id * 8) * w * labelScale);
    addFixed(m, sums + 16, w * weightScale);
  }
}

/** scores[i] += values[leafOf[i]], drawn or not. */
export function addLeafValues(
  m: Views,
  leafOf: number,
  values: number,
  scores: number,
  numRows: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const leaf = m.u32(leafOf + i * 4) & 0x7fffffff;
    const at = scores + i * 8;
    m.setF64(at, m.f64(at) + m.f64(values + leaf * 8));
  }
}

/** Walks each record down a tree; its nodes are drawn at the AssemblyScript source. */
export function findLeaves(
  m: Views,
  rec: number,
  stride: number,
  numRows: number,
  nodes: number,
  flag: number,
  onlyFlagged: number,
  leafOf: number,
): void {
  for (let i = 0; i < numRows; i++) {
    if (onlyFlagged && m.u32(leafOf + i * 4) < notDrawn) continue;
    const p = rec + i * stride;
    let node = nodes;
    let place = m.u32(node);
    while (place !== isLeafNode) {
      const bin = m.bin(p + (place & 0xffffff), place >>> 24);
      const isLeft = m.u8(m.u32(node + 4) + bin) !== 0;
      node = nodes + m.u32(isLeft ? node + 8 : node + 12) * 16;
      place = m.u32(node);
    }
    m.setU32(leafOf + i * 4, m.u32(node + 4) | flag);
  }
}
