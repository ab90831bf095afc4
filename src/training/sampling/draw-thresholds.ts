/**
 * How often a row is drawn for a tree, as thresholds on 32 random bits: the count is how many thresholds the
 * bits reach. Without replacement there is one; with replacement the count is Poisson (N. Oza, "Online
 * bagging", 2005), cut off at 12.
 */
import { exp } from '../../base/portable-math.ts';
import { hash32, purposes } from '../../base/rng.ts';
import type { RowSampling } from '../messages.ts';

/** The most often that a row counts in one tree. */
export const maxDraws = 12;

/** Ascending uint32 thresholds. */
export function drawThresholds({ rate, bootstrap }: RowSampling): number[] {
  if (!bootstrap) return [rate >= 1 ? 0 : Math.ceil(4294967296 * (1 - rate))];
  const thresholds: number[] = [];
  let probability = exp(-rate);
  let below = 0;
  for (let k = 0; k < maxDraws; k++) {
    below += probability;
    thresholds.push(Math.min(4294967295, Math.round(below * 4294967296)));
    probability *= rate / (k + 1);
  }
  return thresholds;
}

/** What a row's key is mixed with for the draws of a tree: mix32(row key ^ it) are the row's random bits. */
export function bootstrapKey(seed: number, tree: number): number {
  return hash32(seed, purposes.bootstrap, tree);
}
