/**
 * What a leaf's value is once penalties and limits bend it away from −G / (H + λ), and how much that lowers the
 * loss: soft threshold by alpha (R. Tibshirani, 1996), a cap, smoothing towards the parent, bounds. The kernel
 * has the same formulas (wasm/assembly/find-shaped-split.ts).
 */

/** Penalties and limits on leaf values. */
export interface LeafRule {
  /** L2 and L1 penalty. */
  readonly lambda: number;
  readonly alpha: number;
  /** Greatest size of a value; Infinity for none. */
  readonly maxDeltaStep: number;
  /** Rows at which a value lies halfway between its own and the parent's; 0 for none. */
  readonly smoothing: number;
}

/** Where a leaf hangs: its parent's value, and the bounds that monotone splits above it set. */
export interface LeafFrame {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** The frame of the root. */
export const openFrame: LeafFrame = {
  value: 0,
  lower: Number.NEGATIVE_INFINITY,
  upper: Number.POSITIVE_INFINITY,
};

/** The value of a leaf with sums G and H. */
export function shapedValue(
  rule: LeafRule,
  frame: LeafFrame,
  sums: { readonly G: number; readonly H: number; readonly rows: number },
): number {
  const { G, H, rows } = sums;
  const denominator = H + rule.lambda;
  const pull = G > rule.alpha ? G - rule.alpha : G < -rule.alpha ? G + rule.alpha : 0;
  return boundedValue(rule, frame, denominator > 0 ? -pull / denominator : 0, rows);
}

/** The same from the value that a leaf would take by itself. */
export function boundedValue(rule: LeafRule, frame: LeafFrame, free: number, rows: number): number {
  let value = clamp(free, -rule.maxDeltaStep, rule.maxDeltaStep);
  if (rule.smoothing > 0) {
    const ratio = rows / rule.smoothing;
    value = (value * ratio + frame.value) / (ratio + 1);
  }
  return clamp(value, frame.lower, frame.upper);
}

/** Twice what a leaf of this value takes off the penalised loss; G² / (H + λ) at the best value. */
export function shapedScore(rule: LeafRule, G: number, H: number, value: number): number {
  return -(2 * G * value + (H + rule.lambda) * value * value + 2 * rule.alpha * Math.abs(value));
}

function clamp(value: number, lower: number, upper: number): number {
  const raised = value < lower ? lower : value;
  return raised > upper ? upper : raised;
}
