/** How the parameters of size and of feature subsets are to be read. */
import type { GrowthLimits } from '../tree/grow-tree.ts';

/** What a policy says of trees' sizes; without one that follows from the sizes themselves. */
export function policyLimits(
  params: {
    readonly growPolicy?: 'leafWise' | 'levelWise' | 'oblivious' | undefined;
    readonly maxDepth: number | undefined;
    readonly maxLeaves: number | undefined;
  },
  byDefault: { readonly depth: number; readonly leaves: number },
): GrowthLimits {
  const { growPolicy, maxDepth, maxLeaves } = params;
  if (growPolicy === undefined) return growthLimits(maxDepth, maxLeaves, byDefault);
  if (growPolicy === 'leafWise')
    return growthLimits(maxDepth, maxLeaves ?? byDefault.leaves, byDefault);
  const limits = { maxLeaves: Number.POSITIVE_INFINITY, maxDepth: maxDepth ?? usualDepth };
  return growPolicy === 'oblivious' ? { ...limits, isOblivious: true } : limits;
}

/** Levels of trees that are grown by levels without being told how many. */
const usualDepth = 6;

/**
 * maxLeaves grows by the best leaf and leaves the depth free unless it is given too; maxDepth alone grows
 * level by level, as in Spark.
 */
export function growthLimits(
  maxDepth: number | undefined,
  maxLeaves: number | undefined,
  byDefault: { readonly depth: number; readonly leaves: number },
): GrowthLimits {
  if (maxLeaves !== undefined) return { maxLeaves, maxDepth: maxDepth ?? Number.POSITIVE_INFINITY };
  if (maxDepth !== undefined) return { maxLeaves: Number.POSITIVE_INFINITY, maxDepth };
  return { maxLeaves: byDefault.leaves, maxDepth: byDefault.depth };
}

/**
 * How many features a node may split on, or null for all; rules and shares round up, as in Spark.
 *
 * @param auto what 'auto' stands for
 */
export function subsetOf(
  strategy: string | number,
  numFeatures: number,
  auto: 'all' | 'sqrt' | 'onethird' | 'twiceSqrt' | 'twoThirds',
): number | null {
  const rule = strategy === 'auto' ? auto : strategy;
  const count = subsetCount(rule, numFeatures);
  return count >= numFeatures ? null : Math.max(1, count);
}

function subsetCount(rule: string | number, numFeatures: number): number {
  if (typeof rule === 'number') return rule <= 1 ? Math.ceil(rule * numFeatures) : Math.ceil(rule);
  if (rule === 'twiceSqrt') return Math.ceil(2 * Math.sqrt(numFeatures));
  if (rule === 'twoThirds') return Math.ceil((2 * numFeatures) / 3);
  if (rule === 'sqrt') return Math.ceil(Math.sqrt(numFeatures));
  if (rule === 'onethird') return Math.ceil(numFeatures / 3);
  if (rule === 'log2') return Math.max(1, 32 - Math.clz32(Math.max(0, numFeatures - 1)));
  return numFeatures;
}
