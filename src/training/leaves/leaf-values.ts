/**
 * The values of a tree's leaves: −G / (H + λ), times the step size, from exact sums of the unquantised
 * gradients (fixed point of 66 bits below the largest), rounded once onto the grid of the model's scores.
 */
import { ceilLog2, powerOfTwo } from '../../base/portable-math.ts';
import { leafRule, type SplitShaping } from '../../tree/split-shaping.ts';
import type { GrownNode } from '../../tree/tree.ts';
import type { GradientRows } from '../objectives/objective.ts';
import { bitsOf } from '../quantise.ts';
import type { RankEnvironment } from '../rank-environment.ts';
import { selectQuantiles } from './select-quantiles.ts';
import { type SettledTree, shapeLeaves } from './shape-leaves.ts';

/** What leaves were before a refit, in their order. */
export interface PreviousLeaves {
  readonly values: ArrayLike<number>;
  /** How much of a value stays. */
  readonly decayRate: number;
}

/** What settles the leaves of one tree. */
export interface LeafSettlement {
  readonly grown: SettledTree;
  /** Null for new leaves; a leaf without rows keeps what it was, as far as bounds allow. */
  readonly previous?: PreviousLeaves | null;
  readonly largest: { readonly grad: number; readonly hess: number };
  readonly rows: GradientRows;
  /** uint32 of this rank's rows. */
  readonly leafOf: number;
  /** 32 bytes a leaf of scratch. */
  readonly sums: number;
  readonly numAll: number;
  readonly lambda: number;
  /** What bends the values away from the plain step; null for nothing. */
  readonly shaping: SplitShaping | null;
  readonly stepSize: number;
  readonly scoreUnit: number;
  /** Which output's scores the tree adds to. */
  readonly output: number;
  /** Leaves take this quantile of label − score; null for a Newton step. */
  readonly leafQuantile: number | null;
  readonly wholeWeights: Float64Array | null;
}

/** Of a node that is split. */
const zeroValue: readonly number[] = [0];

/** Writes value and cover into the tree's nodes; returns the leaves' values in their order. */
export async function settleLeaves(
  environment: RankEnvironment,
  settlement: LeafSettlement,
): Promise<number[]> {
  const { grown, rows, largest, numAll } = settlement;
  const numLeaves = grown.leaves.length;
  const gradScale = fixedScale(largest.grad, numAll);
  const hessScale = fixedScale(largest.hess, numAll);
  environment.u8(settlement.sums, 32 * numLeaves).fill(0);
  environment.kernels.leafSums(
    settlement.leafOf,
    rows.grads,
    rows.hesses,
    rows.numRows,
    gradScale,
    hessScale,
    settlement.sums,
  );
  const { uncounted = [] } = grown;
  const all = new BigInt64Array(4 * numLeaves + uncounted.length);
  all.set(new BigInt64Array(environment.memory.buffer, settlement.sums, 4 * numLeaves));
  all.set(
    uncounted.map((leaf) => BigInt(leaf.rows)),
    4 * numLeaves,
  );
  await environment.wait(environment.collective.allreduce(all, 'sum'));
  const words = all.subarray(0, 4 * numLeaves);
  const nodes = grown.tree.nodes as GrownNode[];
  uncounted.forEach((leaf, i) => {
    leaf.rows = Number(all[4 * numLeaves + i]);
    (nodes[leaf.index] as GrownNode).rows = leaf.rows;
  });
  const quantiles = await leafQuantiles(environment, settlement);
  const { shaping, lambda, previous = null } = settlement;
  const kept = previous === null ? null : keptSteps(settlement, previous);
  const sumsOf = (own: readonly bigint[]) => ({
    G: fromFixed(own[0] as bigint, own[1] as bigint, gradScale),
    H: fromFixed(own[2] as bigint, own[3] as bigint, hessScale),
  });
  const shaped =
    shaping === null
      ? null
      : shapeLeaves({
          grown,
          rule: leafRule(shaping, lambda),
          monotone: shaping.monotone,
          boundsAreNeighbours: shaping.boundsAreNeighbours === true,
          boundsAreOfCuts: shaping.boundsAreOfCuts === true,
          words,
          wordsPerLeaf: 4,
          sumsOf,
          quantiles,
          kept,
        });
  const values = grown.leaves.map((leaf, i) => {
    const grad = fromFixed(words[4 * i] as bigint, words[4 * i + 1] as bigint, gradScale);
    const hess = fromFixed(words[4 * i + 2] as bigint, words[4 * i + 3] as bigint, hessScale);
    const node = nodes[leaf.index] as GrownNode;
    const denominator = hess + lambda;
    const newton = denominator > 0 ? -grad / denominator : 0;
    const step = shaped?.[i] ?? kept?.[i] ?? quantiles?.[i] ?? newton;
    const fresh = step * settlement.stepSize;
    const isKept = step === kept?.[i];
    const whole = previous === null ? fresh : mixed(previous, i, isKept ? null : fresh);
    const value = Math.round(whole / settlement.scoreUnit) * settlement.scoreUnit;
    node.cover = hess;
    node.value = [value];
    return value;
  });
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as GrownNode;
    if (node.leftChild === 0) continue;
    const left = nodes[node.leftChild] as GrownNode;
    const right = nodes[node.leftChild + 1] as GrownNode;
    node.cover = left.cover + right.cover;
    node.value = zeroValue;
  }
  return values;
}

/** The steps that would give leaves without rows the values that they had; null for the others. */
function keptSteps(
  { grown, stepSize }: LeafSettlement,
  { values }: PreviousLeaves,
): readonly (number | null)[] {
  return grown.leaves.map(({ rows }, i) => (rows > 0 ? null : (values[i] as number) / stepSize));
}

function mixed(previous: PreviousLeaves, leaf: number, fresh: number | null): number {
  const { values, decayRate } = previous;
  const old = values[leaf] as number;
  if (fresh === null || decayRate === 1) return old;
  return decayRate * old + (1 - decayRate) * fresh;
}

/** The quantile of label − score of each leaf's rows, where the objective asks for it. */
async function leafQuantiles(
  environment: RankEnvironment,
  settlement: LeafSettlement,
): Promise<Float64Array | null> {
  const { leafQuantile, rows, grown } = settlement;
  if (leafQuantile === null) return null;
  const labels = environment.f64(rows.labels, rows.numRows);
  const address = rows.scores + settlement.output * rows.outputStride;
  const scores = environment.f64(address, rows.numRows);
  const values = new Float64Array(rows.numRows);
  for (let i = 0; i < values.length; i++) values[i] = (labels[i] as number) - (scores[i] as number);
  const grouped = {
    values,
    groups: environment.u32(settlement.leafOf, rows.numRows),
    weights: settlement.wholeWeights,
    numGroups: grown.leaves.length,
  };
  return await selectQuantiles(environment, grouped, leafQuantile);
}

/** A power of two that leaves room for the sum of all rows in 62 bits. */
export function fixedScale(largest: number, numAll: number): number {
  const bits = Math.min(34, 62 - bitsOf(numAll));
  return powerOfTwo(Math.max(-1000, Math.min(1000, bits - ceilLog2(largest))));
}

/** whole + fraction · 2^−32, divided by the scale, rounded once. */
export function fromFixed(whole: bigint, fraction: bigint, scale: number): number {
  return Number(whole * 4294967296n + fraction) / 4294967296 / scale;
}
