/**
 * Which cut does a random split take? The twin of wasm/assembly/mix.ts: a hash of the node, the feature and, for
 * a category, its bin, so that neither the order of nodes nor the rank that looks can change it.
 */
import { mix32 } from '../../base/rng.ts';

function featureKey(nodeKey: number, featureIndex: number): number {
  return mix32(mix32(nodeKey ^ 0x2c1b3c6d) ^ mix32(featureIndex + 1));
}

/** One of n, by 32 random bits. */
export function drawBelow(bits: number, n: number): number {
  return Math.floor((bits * n) / 2 ** 32);
}

/** A cut between bins low and high that are both in the node: one of low … high − 1, all alike likely. */
export function randomCut(
  nodeKey: number,
  featureIndex: number,
  low: number,
  high: number,
): number {
  return low + drawBelow(featureKey(nodeKey, featureIndex), high - low);
}

/** Whether a category goes left in a random split. */
export function randomSide(nodeKey: number, featureIndex: number, bin: number): boolean {
  return mix32(featureKey(nodeKey, featureIndex) ^ mix32(bin + 0x68e31da4)) >= 2 ** 31;
}
