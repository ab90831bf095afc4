/**
 * What bends splits and leaf values away from the plain Newton step: penalties, caps, smoothing, bounds of
 * monotone features, one random threshold a feature. A fit that uses none of it has no SplitShaping at all and
 * runs the plain, faster search.
 */
import { exp, powerOfTwo } from '../base/portable-math.ts';
import type { BinnedLayout } from '../binning/binned-layout.ts';
import type { LeafFrame, LeafRule } from '../kernels/leaf-shape.ts';

/** Penalties and limits beside those of SplitParams. */
export interface SplitShaping {
  /** L1 penalty on leaf values. */
  readonly alpha: number;
  /** Greatest size of a leaf value before the step size; Infinity for none. */
  readonly maxDeltaStep: number;
  /** Rows at which a leaf lies halfway between its own value and its parent's; 0 for none. */
  readonly pathSmoothing: number;
  /** Each feature tries one random threshold in a node. */
  readonly extraTrees: boolean;
  /** 1 rising, −1 falling, 0 free, by the feature's index; empty where all are free. */
  readonly monotone: readonly number[];
  /** Leaves are bounded by the values of their neighbours, not by midpoints of the splits above them. */
  readonly boundsAreNeighbours?: true;
  /** And each child of a cut by those that it lies beside itself, not by all that its parent does. */
  readonly boundsAreOfCuts?: true;
  /** How much less splits on monotone features count near the root; 0, or left out, for nothing. */
  readonly monotonePenalty?: number;
}

/**
 * What gains of monotone features are multiplied by in a node below so many splits: 0 in the first floor(penalty) levels,
 * and the nearer to 1 the deeper (LightGBM's monotone_penalty).
 */
export function monotoneFactor(penalty: number, depth: number): number {
  if (penalty >= depth + 1) return 0;
  const deep = powerOfTwo(-Math.min(depth, 1000));
  return penalty <= 1 ? 1 - penalty * deep : 1 - exp((penalty - 1) * Math.LN2) * deep;
}

/**
 * The values of two children in the order that a monotone split asks for: both at the middle where they are not, as far as
 * the bounds of both allow.
 */
export function inOrder(
  left: number,
  right: number,
  direction: number,
  bounds: readonly [SideBounds, SideBounds],
): [number, number] {
  if (direction * (right - left) >= 0) return [left, right];
  const middle = left / 2 + right / 2;
  const least = Math.max(bounds[0].lower, bounds[1].lower);
  const value = Math.max(least, Math.min(bounds[0].upper, bounds[1].upper, middle));
  return [value, value];
}

type SideBounds = Pick<LeafFrame, 'lower' | 'upper'>;

/** The part that values of leaves hang on. */
export function leafRule(shaping: SplitShaping, lambda: number): LeafRule {
  return {
    lambda,
    alpha: shaping.alpha,
    maxDeltaStep: shaping.maxDeltaStep,
    smoothing: shaping.pathSmoothing,
  };
}

/** Directions by place, or null where all features are free. */
export function directionsOf(monotone: readonly number[], layout: BinnedLayout): Int8Array | null {
  const directions = Int8Array.from(layout.places, ({ feature }) =>
    feature.kind === 'numeric' ? (monotone[feature.index] ?? 0) : 0,
  );
  return directions.some((direction) => direction !== 0) ? directions : null;
}

/**
 * Where a child hangs: at its parent's value, inside the parent's bounds, and on its own side of the midpoint
 * between the children's values where the split's feature is monotone.
 *
 * @param values the values of the left and the right child
 */
export function childFrame(
  parent: LeafFrame,
  values: readonly [number, number],
  direction: number,
  isLeft: boolean,
): LeafFrame {
  if (direction === 0) return parent;
  const middle = values[0] / 2 + values[1] / 2;
  return isLeft === direction > 0 ? { ...parent, upper: middle } : { ...parent, lower: middle };
}
