/**
 * What do all trees add to one row's sums? The twin of wasm/assembly/score-row.ts, which draws the nodes; here
 * the trees are walked one after another.
 */
import type { Views } from './views.ts';

/** Adds every tree's leaf to the sums, tree by tree. */
export function scoreRow(
  m: Views,
  slots: number,
  codes: number,
  roots: number,
  numRoots: number,
  leafValues: number,
  numOutputs: number,
  sums: number,
): void {
  for (let t = 0; t < numRoots; t++) {
    const leaf = leafOfRow(m, slots, codes, m.u32(roots + t * 4));
    if (leafValues === 0) {
      const to = sums + (t % numOutputs) * 8;
      m.setF64(to, m.f64(to) + m.f64(leaf));
      continue;
    }
    for (let k = 0; k < numOutputs; k++) {
      const to = sums + k * 8;
      m.setF64(to, m.f64(to) + m.f64(leafValues + (m.f64(leaf) * numOutputs + k) * 8));
    }
  }
}

function leafOfRow(m: Views, slots: number, codes: number, root: number): number {
  let node = root;
  for (let slot = m.u32(node + 8); slot !== 0; slot = m.u32(node + 8)) {
    let isLeft = m.f64(slots + slot) <= m.f64(node);
    if (codes !== 0) {
      const code = m.u32(codes + slot / 2);
      const bits = m.u32(m.u32(node + 16) + (code >>> 5) * 4);
      isLeft ||= ((bits >>> (code & 31)) & 1) !== 0;
    }
    node = m.u32(node + 12) + (isLeft ? 0 : codes === 0 ? 16 : 32);
  }
  return node;
}
