/**
 * Which node of a tree does a binned row end in, and what does that add to its sums? The twin of
 * wasm/assembly/predict.ts, which draws the two forms of nodes.
 */
import type { Views } from './views.ts';

/** One-byte bins, nodes of 8 bytes, a fixed number of steps. */
export function predictNarrow(
  m: Views,
  rec: number,
  stride: number,
  numRows: number,
  nodes: number,
  values: number,
  depth: number,
  sums: number,
  step: number,
): void {
  for (let i = 0; i < numRows; i++) {
    const p = rec + i * stride;
    let node = 0;
    for (let k = 0; k < depth; k++) {
      const at = nodes + node * 8;
      const moved = (m.u8(p + m.u16(at)) + m.u8(at + 2)) & 255;
      node = m.u32(at + 4) + (moved > m.u8(at + 3) ? 1 : 0);
    }
    const to = sums + i * step;
    m.setF64(to, m.f64(to) + m.f64(values + node * 8));
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
