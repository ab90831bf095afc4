/**
 * Which node of a tree does a binned row end in, and what does that add to its sums? The twin of
 * wasm/assembly/predict.ts, which draws the forms of nodes.
 */
import type { Views } from './views.ts';

/** Adds all trees to the sums of a block; the tops of the trees are not needed here. */
export function predictBlock(
  m: Views,
  columns: number,
  numRows: number,
  trees: number,
  numTrees: number,
  _scratch: number,
  sums: number,
  step: number,
): void {
  for (let t = 0; t < numTrees; t++) {
    const root = m.u32(trees + t * 32);
    const output = m.u32(trees + t * 32 + 16);
    for (let i = 0; i < numRows; i++) {
      const to = sums + i * step + output;
      m.setF64(to, m.f64(to) + m.f64(leafOfBytes(m, columns + i, root) + 8));
    }
  }
}

/** The node of one tree that each row ends in, counted from the root. */
export function findBlockNodes(
  m: Views,
  columns: number,
  numRows: number,
  tree: number,
  _scratch: number,
  out: number,
): void {
  const root = m.u32(tree);
  for (let i = 0; i < numRows; i++) {
    m.setU32(out + i * 4, (leafOfBytes(m, columns + i, root) - root) / 16);
  }
}

/** Address of the leaf; a leaf is its own left child. */
function leafOfBytes(m: Views, base: number, root: number): number {
  for (let node = root; ; ) {
    const byte = (m.u8(base + m.u32(node)) << 24) >> 24;
    const next = Math.floor((m.u32(node + 4) + byte) / 256) * 16;
    if (next === node) return node;
    node = next;
  }
}

/** Two-byte bins (missing is 65535), category splits by bits; the node of each row into out. */
export function findNodes(
  m: Views,
  rec: number,
  stride: number,
  numRows: number,
  nodes: number,
  leftBits: number,
  out: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const p = rec + i * stride;
    let node = 0;
    for (;;) {
      const at = nodes + node * 16;
      const left = m.u32(at + 8);
      if (left === 0) break;
      const bin = m.u16(p + m.u32(at));
      node = left + (binGoesLeft(m, bin, m.i32(at + 4), m.u32(at + 12), leftBits) ? 0 : 1);
    }
    m.setU32(out + i * 4, node);
  }
}

function binGoesLeft(
  m: Views,
  bin: number,
  threshold: number,
  flags: number,
  leftBits: number,
): boolean {
  if (bin === 65535) return (flags & 1) !== 0;
  if (threshold >= 0) return bin <= threshold;
  if (bin >= flags >>> 2) return (flags & 2) !== 0;
  const word = m.u32(leftBits + (-1 - threshold + (bin >> 5)) * 4);
  return ((word >>> (bin & 31)) & 1) !== 0;
}

/** sums[i, 0..numOutputs) += values[node of row i, 0..numOutputs). */
export function addNodeValues(
  m: Views,
  nodeOf: number,
  numRows: number,
  values: number,
  numOutputs: number,
  sums: number,
  step: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const from = values + m.u32(nodeOf + i * 4) * numOutputs * 8;
    const to = sums + i * step;
    for (let k = 0; k < numOutputs; k++) {
      m.setF64(to + k * 8, m.f64(to + k * 8) + m.f64(from + k * 8));
    }
  }
}
