/**
 * How much would each candidate lower the loss of a node? Added to the sums of a level. The twin of
 * wasm/assembly/level-scores.ts, which draws the layouts of order and sums.
 */
import { type NodeSums, readNodeSums, wrap } from './node-sums.ts';
import type { Views } from './views.ts';

/** Adds one node's gains to those of its level. */
export function addLevelScores(
  m: Views,
  hist: number,
  features: number,
  begin: number,
  end: number,
  mask: number,
  params: number,
  totals: number,
  order: number,
  sums: number,
): void {
  const node = readNodeSums(m, params, totals);
  const own = (node.G * node.G) / (node.H + node.lambda);
  for (let f = begin; f < end; f++) {
    if (mask && m.u8(mask + f) === 0) continue;
    const feature = features + f * 32;
    const first = m.u32(feature + 4);
    const entries = hist + first * 16;
    const numValues = m.u32(feature + 8);
    const isCategory = m.u32(feature + 16) !== 0;
    const lambda = node.lambda + (isCategory ? m.f64(params + 48) : 0);
    const missing = entries + numValues * 16;
    const hasMissing = !isCategory && m.i64(missing + 8) !== 0n;
    const bins = order + first * 4;
    const count = m.u32(bins + numValues * 4);
    let leftGrad = 0n;
    let leftHess = 0n;
    for (let k = 0; k < count; k++) {
      const at = entries + m.u32(bins + k * 4) * 16;
      leftGrad = wrap(leftGrad + m.i64(at));
      leftHess = wrap(leftHess + m.i64(at + 8));
      const cell = sums + (first + k) * 16;
      const right = gainOf(node, leftGrad, leftHess, lambda, own);
      m.setF64(cell, m.f64(cell) + right);
      const left = hasMissing
        ? gainOf(
            node,
            wrap(leftGrad + m.i64(missing)),
            wrap(leftHess + m.i64(missing + 8)),
            lambda,
            own,
          )
        : right;
      m.setF64(cell + 8, m.f64(cell + 8) + left);
    }
  }
}

/** 0 where a limit is broken. */
function gainOf(
  node: NodeSums,
  leftGrad: bigint,
  leftHess: bigint,
  lambda: number,
  own: number,
): number {
  if (leftHess === node.totalHess) return 0;
  const HL = Number(leftHess & node.hessMask) * node.hessUnit;
  const HR = node.H - HL;
  if (leftHess === 0n || HL < node.minHess || HR < node.minHess) return 0;
  if (node.counted) {
    const right = wrap(node.totalHess - leftHess) >> node.countShift;
    if (leftHess >> node.countShift < node.minRows || right < node.minRows) return 0;
  }
  const GL = Number(leftGrad) * node.gradUnit;
  const GR = node.G - GL;
  const score =
    (GL * GL * (HR + lambda) + GR * GR * (HL + lambda)) / ((HL + lambda) * (HR + lambda));
  return score - own;
}
